import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// An entry of a ledger as a line of a table.
struct LedgerLine {
    /// What its words depend on: whose clock, and where tickets are.
    struct Words {
        let clock: PageClock
        let places: PopugPlaces

        init(_ clock: PageClock, _ places: PopugPlaces) { (self.clock, self.places) = (clock, places) }
    }

    static let columns: [DataTable.Column] = [
        .init("Time"), .init("Ticket"), .init("Kind"), .init("Amount", isNumber: true),
        .init("Balance", isNumber: true),
    ]
    /// The column whose cells lead to tickets.
    static let linkColumns: Set<Int> = [1]

    let entry: LedgerEntry
    /// The business day that it stands under.
    let day: CalendarDate

    init(_ entry: LedgerEntry, of day: CalendarDate) { (self.entry, self.day) = (entry, day) }

    /// Of its row.
    static func id(of entry: LedgerEntry) -> String { "entry/\(entry.entryID)" }

    func cells(_ words: Words) -> [DataTable.Cell] {
        let ticket: CellValue =
            switch (entry.title, target(words)) {
            case (let title?, let target?): .component(Link("\(title)", to: target))
            case (let title?, nil): .text(title)
            case (nil, _): .none
            }
        return [
            .init(.component(TimeText(entry.at, words.clock, words: time(words)))), .init(ticket),
            .init(.text(entry.kind.rawValue)), .init(entry.amount.cell), .init(entry.balanceAfter.cell),
        ]
    }

    /// The same for a page that is open.
    func row(_ words: Words) -> FeedRow {
        FeedRow(
            id: Self.id(of: entry),
            cells: [
                .init(time(words)), .init(entry.title ?? "–", to: target(words)), .init(entry.kind.rawValue),
                .init(entry.amount.pageText), .init(entry.balanceAfter.pageText),
            ]
        )
    }

    /// The time of day; with the date where clocks showed another one than the day that the entry counts to.
    private func time(_ words: Words) -> String {
        let date = words.clock.day(entry.at)
        let time = words.clock.timeOfDay(entry.at)
        return date == "\(day.shortText) \(day.year)" ? time : "\(date), \(time)"
    }

    private func target(_ words: Words) -> LinkTarget? {
        entry.ticketID.flatMap { LinkTarget(["tickets", $0.uuidString.lowercased()]) }.flatMap {
            words.places.target(.tracker, $0)
        }
    }
}
