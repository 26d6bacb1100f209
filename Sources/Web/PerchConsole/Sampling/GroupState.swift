import PageKit
import Perch
import PerchOperating
import Times

/// What a group does about a topic, in a few words: those of `perch groups`, and whether it gets better.
struct GroupState: Sendable, Hashable {
    enum Word: String, Sendable, CaseIterable {
        case unknown
        case paused
        case pausedInPart = "paused in part"
        case neverRan = "never ran"
        case notRun = "nobody runs it"
        case noOwner = "no owner"
        case atItsLimit = "at its limit"
        case fallingBehind = "falling behind"
        case catchingUp = "catching up"
        case running
    }

    let word: Word
    /// How long it takes until nothing waits, at the speed of the last minutes; nil: that is not asked.
    let rest: Duration?

    init(_ word: Word, rest: Duration? = nil) { (self.word, self.rest) = (word, rest) }

    /// `catching up (≈ 3 min)`
    var text: String { rest.map { "\(word.rawValue) (≈ \(PageClock.words($0)))" } ?? word.rawValue }

    var kind: Badge.Kind {
        switch word {
        case .unknown, .notRun: .danger
        case .paused, .pausedInPart, .neverRan, .noOwner, .atItsLimit, .fallingBehind: .warning
        case .catchingUp: .info
        case .running: .ok
        }
    }
}

extension GroupRow {
    /// What it does, by this look and those before it.
    func state(in snapshot: SystemSnapshot) -> GroupState {
        guard let liveWorkers else { return GroupState(.unknown) }
        if partitions.contains(where: { $0.isPaused == true }) {
            return GroupState(partitions.allSatisfy { $0.isPaused == true } ? .paused : .pausedInPart)
        }
        if hasNeverRun { return GroupState(.neverRan) }
        if liveWorkers == 0 { return GroupState(.notRun) }
        if partitions.contains(where: { $0.owner == nil }) { return GroupState(.noOwner) }
        if limit?.isWaitedFor == true { return GroupState(.atItsLimit) }
        guard let lag, lag > 0 else { return GroupState(.running) }
        switch snapshot.history[.lag(group, topic)].trend(until: snapshot.time) {
        case .grows: return GroupState(.fallingBehind)
        case .shrinks(let perSecond): return GroupState(.catchingUp, rest: .seconds(Double(lag) / perSecond))
        case .stays, nil: return GroupState(.running)
        }
    }
}
