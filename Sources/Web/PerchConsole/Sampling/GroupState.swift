import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// What a group does about a topic, in a few words: those of `perch groups`, and whether it gets better.
enum GroupState: Sendable, Hashable {
    case plain(GroupLine.State)
    case fallingBehind
    /// Nothing waits after this time, at the speed of the last minutes.
    case catchingUp(Duration)

    /// All words, for a choice.
    static let words =
        GroupLine.State.allCases.map(\.words) + [GroupState.fallingBehind, .catchingUp(.zero)].map(\.word)

    var word: String {
        switch self {
        case .plain(let state): state.words
        case .fallingBehind: "falling behind"
        case .catchingUp: "catching up"
        }
    }

    /// `catching up (≈ 3 min)`
    var text: String {
        if case .catchingUp(let rest) = self { "\(word) (≈ \(PageClock.words(rest)))" } else { word }
    }

    var kind: Badge.Kind {
        switch self {
        case .plain(.unknown), .plain(.nobodyRunsIt): .danger
        case .plain(.paused), .plain(.pausedInPart), .plain(.neverRan), .plain(.noOwner), .plain(.atItsLimit),
            .fallingBehind:
            .warning
        case .catchingUp: .info
        case .plain(.running): .ok
        }
    }
}

extension GroupLine {
    /// What it does, by this look and those before it.
    func state(in snapshot: SystemSnapshot) -> GroupState {
        guard state == .running, let lag, lag > 0 else { return .plain(state) }
        return switch snapshot.history[.lag(group, topic)].trend(until: snapshot.time) {
        case .grows: .fallingBehind
        case .shrinks(let perSecond): .catchingUp(.seconds(Double(lag) / perSecond))
        case .stays, nil: .plain(.running)
        }
    }
}
