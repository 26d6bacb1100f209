import PageKit
import Perch
import PerchOperating

/// What a group's program says of a topic, and what the group is doing there.
struct GroupDeclaration: Component {
    private let row: GroupRow
    private let declared: DeclaredSubscription?

    init(_ row: GroupRow, _ declared: DeclaredSubscription?) { (self.row, self.declared) = (row, declared) }

    var html: HTML {
        Facts([("State", .text(state)), ("Read again", .text(replays)), ("Limit", limit)]).html
    }

    private var state: String {
        guard let workers = row.liveWorkers else { return "unknown: its database does not tell" }
        let paused = row.partitions.count { $0.isPaused == true }
        if paused > 0 { return paused == row.partitions.count ? "paused" : "\(paused) partitions are paused" }
        if row.partitions.allSatisfy({ $0.checkpoint == nil }) { return "it never ran" }
        if workers == 0 { return "nobody runs it" }
        if row.partitions.contains(where: { $0.owner == nil }) { return "a partition has no owner" }
        return row.limit?.isWaitedFor == true ? "at its limit" : "running"
    }

    private var replays: String {
        switch (declared?.isIdempotent, declared?.hasReset) {
        case (true?, _): "may be replayed: its handlers are idempotent"
        case (_, true?): "may be emptied and built anew by its program, not replayed"
        case (false?, false?): "may not be replayed: events would take effect twice"
        default: "not known: no worker of it has ever started"
        }
    }

    private var limit: CellValue {
        guard let limit = declared?.limit?.limit else { return .none }
        let rate = limit.perSecond.map { "\(Int(exactly: $0).map { String($0) } ?? "\($0)") a second" }
        let slots = limit.atATime.map { "\($0) at a time" }
        return .text("at most \([rate, slots].compactMap(\.self).joined(separator: " and ")) (\(limit.name))")
    }
}
