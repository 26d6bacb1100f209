package import Foundation
package import PageKit

extension Visit {
    /// Names the time zone whose days a page shows; nothing where it is the viewer's own.
    package func note(onDaysOf zone: TimeZone) -> HTML {
        clock.shares(zone) ? .empty : Paragraph("Days begin and end by the clock of \(zone.pageName).").html
    }
}

extension PageClock {
    /// Whether a day of that zone is a day of the viewer's.
    func shares(_ other: TimeZone) -> Bool {
        zone.identifier == other.identifier || zone.isUniversal && other.isUniversal
    }
}

extension TimeZone {
    /// `Europe/Berlin`; `UTC`, whatever it is called.
    package var pageName: String { isUniversal ? "UTC" : identifier }

    fileprivate var isUniversal: Bool {
        ["GMT", "UTC", "Etc/UTC", "Etc/GMT", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"]
            .contains(identifier)
    }
}
