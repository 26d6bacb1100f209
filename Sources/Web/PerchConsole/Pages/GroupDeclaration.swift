import PageKit
import Perch
import PerchDocuments
import PerchOperating

/// What a group's program says of a topic, and what the group is doing there.
struct GroupDeclaration: Component {
    private let declared: DeclaredSubscription?
    private let state: GroupState

    init(_ row: GroupLine, _ declared: DeclaredSubscription?, in snapshot: SystemSnapshot) {
        (self.declared, state) = (declared, row.state(in: snapshot))
    }

    var html: HTML {
        Facts([("State", .component(Badge(state.text, state.kind))), ("Read again", .text(replays)), ("Limit", limit)])
            .html
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
