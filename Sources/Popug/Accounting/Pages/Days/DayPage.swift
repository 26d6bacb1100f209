import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// A business day as its page shows it: what has become of it, and whom it has paid.
struct DayPage {
    let day: CalendarDate
    let state: DayState
    let today: CalendarDate
    /// Nil: nobody has closed it by its name.
    let progress: PayDayProgress?
    /// What it has paid; nil as long as not all are.
    let record: ClosedDay?
    let wages: ListPage<Wage, AccountKey>
    /// Whether this process pays it.
    let isPaying: Bool

    /// How long nobody is paid until it is said that it has stopped.
    static let patience = Duration.seconds(15)

    // MARK: Values

    static func figures(_ paid: Int64, of total: UInt64) -> String {
        ProgressBar.words(done: UInt64(clamping: paid), of: total, unit: total == 1 ? "person" : "people")
    }

    /// How the close is.
    static func words(_ soFar: PaidSoFar, isPaying: Bool, at now: Timestamp) -> String {
        let paid = "\(People.count(soFar.people)) got \(soFar.total.pageText)"
        if soFar.isDone { return "All are paid: \(paid). Reload this page to see whom." }
        guard hasStopped(soFar, isPaying: isPaying, at: now) else {
            return "So far \(paid). Paying goes on, also without this page."
        }
        let pause = PageClock.words(now - soFar.lastStep)
        return
            "So far \(paid). Nobody was paid for \(pause): it seems to have stopped. Reload this page to go on with it."
    }

    static func hasStopped(_ soFar: PaidSoFar, isPaying: Bool, at now: Timestamp) -> Bool {
        !soFar.isDone && !isPaying && now - soFar.lastStep > patience
    }

    private var total: UInt64 { UInt64(clamping: progress?.wages ?? 0) }

    /// What its stream carries; nothing where it stays as it is.
    var keys: Set<LiveKey> {
        guard let progress, !progress.isDone else { return [] }
        return Set([AccountingKey.paid(day, of: total), .paidWords(day, of: total), .closing(day)].map(\.live))
    }

    // MARK: Parts

    func body(_ visit: Visit, resume: (PayDayProgress) -> HTML) -> HTML {
        guard let progress else { return "\(open(visit))\(list(visit))" }
        guard progress.isDone else { return "\(close(progress, visit, resume))\(list(visit))" }
        let done = Facts([
            ("State", .component(DaysTable.badge(.closed))),
            ("Closed", .component(TimeText(progress.soFar.closedAt, visit.clock, isExact: true))),
            ("Paid", .text(People.count(record?.paid ?? progress.paid))),
            ("Total", (record?.total ?? progress.paidTotal).cell),
        ])
        return "\(done)\(list(visit))"
    }

    private func open(_ visit: Visit) -> HTML {
        let badge = Facts([("State", .component(DaysTable.badge(state)))])
        guard day <= today else { return "\(badge)\(Paragraph("It has not begun yet."))" }
        switch state {
        case .closed, .paying:
            return
                "\(badge)\(Paragraph("A later day is closed, and this one has no entries: there was nothing to pay."))"
        case .open, .due:
            let words: HTML =
                state == .open
                ? "Entries count to it until it is closed." : "It is over, and nobody has closed it yet."
            let isAdmin = visit.viewer.user.role == .admin
            let way: HTML =
                isAdmin
                ? "\(Link("See what its close would do", to: CloseDayView.target(day), isButton: true))"
                : "Admins close days."
            return "\(badge)\(Paragraph(words))\(Paragraph(way))"
        }
    }

    private func close(_ progress: PayDayProgress, _ visit: Visit, _ resume: (PayDayProgress) -> HTML) -> HTML {
        let soFar = progress.soFar
        let bar = ProgressBar(
            "Paid",
            done: UInt64(clamping: progress.paid),
            of: total,
            unit: total == 1 ? "person" : "people",
            live: AccountingKey.paid(day, of: total).live
        )
        let words = Self.words(soFar, isPaying: isPaying, at: visit.clock.now)
        let sentence = Paragraph("\(LiveText(words, live: AccountingKey.closing(day).live))")
        guard Self.hasStopped(soFar, isPaying: isPaying, at: visit.clock.now) else { return "\(bar)\(sentence)" }
        let notice = Notice(
            "The payout has stopped.",
            "\(People.count(progress.left)) \(progress.left == 1 ? "is" : "are") not paid yet, \(progress.leftTotal.pageText) in all. Whoever is paid stays paid, once."
        )
        return "\(notice)\(bar)\(resume(progress))"
    }

    private func list(_ visit: Visit) -> HTML {
        guard progress != nil else { return .empty }
        let isDone = progress?.isDone ?? false
        let table = DataTable(
            id: "paid",
            caption: isDone ? "Who was paid" : "Paid when this page was loaded",
            columns: [.init("Name"), .init("Amount", isNumber: true), .init("When")],
            rows: wages.items.map { wage in
                let account = LinkTarget(["accounts", wage.userID.uuidString.lowercased()]) ?? "/accounts"
                return [
                    .init(.component(Link("\(wage.name)", to: account))), .init(wage.amount.cell),
                    .init(.component(TimeText(wage.at, visit.clock, isExact: true))),
                ]
            },
            empty: isDone ? "Nobody: no account was above zero." : "Nobody yet."
        )
        func target(_ place: ListPlace<AccountKey>?) -> LinkTarget? {
            guard let place else { return nil }
            let fields = [("after", place.after), ("before", place.before)].map {
                ($0.0, $0.1.map { AccountPlace.text(of: $0) })
            }
            return LinkTarget(["days", "\(day)"], query: fields)
        }
        let pager = Pager(
            newer: target(wages.previous),
            older: target(wages.next),
            names: ("Previous", "Next")
        )
        return "\(table)\(pager)"
    }
}
