import Foundation
import PageKit
import Postgres
import ServiceKit

/// The table of an open account that takes entries: that of the day which entries count to now.
struct LedgerFeed {
    /// The most entries that come to an account at once and are shown.
    static let most = 50

    let user: UUID
    let day: CalendarDate

    init(user: UUID, day: CalendarDate) { (self.user, self.day) = (user, day) }

    /// Nil where it is another table.
    init?(_ feed: LiveFeed) {
        let parts = feed.subject.description.split(separator: "/")
        guard parts.count == 3, parts[0] == "ledger", let user = UUID(uuidString: String(parts[1])),
            let day = CalendarDate(String(parts[2]))
        else { return nil }
        self.init(user: user, day: day)
    }

    /// Its name.
    var subject: LiveKey { LiveKey("ledger/\(user.uuidString)/\(day)") }

    /// What of an account's news belongs to a page; entries that count to another day have no place in its table.
    ///
    /// - Parameter entries: The newest first.
    func rows(_ entries: [AccountNews.Entry], past: Int64, _ words: LedgerLine.Words) -> LiveRows {
        let new = entries.filter { $0.entry.entryID > past }
        let own = new.filter { $0.day == day }
        let isWhole = own.count == new.count && new.count < Self.most
        return LiveRows(
            own.reversed().map { LedgerLine($0.entry, of: $0.day).row(words) },
            past: new.first?.entry.entryID ?? past,
            words: isWhole ? nil : "There are new entries that this table does not show: reload the page to see them."
        )
    }
}
