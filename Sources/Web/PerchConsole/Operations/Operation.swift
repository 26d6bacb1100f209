import Foundation
import PageKit
import Perch
import Times

/// A change that takes its time: what it is, and how far it has come. All who look see the same.
struct Operation: Sendable, Identifiable {
    /// What becomes of it.
    enum State: Sendable, Hashable {
        case running
        /// Somebody wants it to end; it does what it has at hand.
        case stopping
        case done
        case stopped
        /// It could not go on. What it had done stays so.
        case failed

        var isOver: Bool {
            switch self {
            case .running, .stopping: false
            case .done, .stopped, .failed: true
            }
        }

        var words: String {
            switch self {
            case .running: "running"
            case .stopping: "stopping"
            case .done: "done"
            case .stopped: "stopped"
            case .failed: "failed"
            }
        }
    }

    /// Made with the page that asked for it: a form that is sent again names the same operation.
    let id: UUID
    let plan: OperationPlan
    /// Who started it.
    let by: String
    let startedAt: Timestamp
    var endedAt: Timestamp?
    var state = State.running
    var done: UInt64 = 0
    /// What it is at just now, in a few words; empty where the numbers say it all.
    var stage = ""
    /// What it has come to, in a sentence; empty as long as it runs.
    var ending = ""

    /// How many a second, so far.
    func rate(at now: Timestamp) -> Double? {
        let seconds = ((endedAt ?? now) - startedAt) / .seconds(1)
        return seconds > 0 ? Double(done) / seconds : nil
    }
}

/// What an operation is to do, in words.
struct OperationPlan: Sendable {
    /// Short: `Retry 15 events`.
    let title: String
    /// What is chosen, and why, name by name.
    var facts: [Fact] = []
    /// Of how many; 0 where that is not known.
    var total: UInt64 = 0
    /// Of what.
    var unit = "events"
    /// What a stop does, and what it leaves; nil: it cannot be stopped.
    var stopWords: String?
    /// Where the rest of it can be begun, if it does not come to its end. Default: nowhere.
    var rest: LinkTarget?
    /// The pages that it changes.
    var pages: [(String, LinkTarget)] = []
    /// The topic that it holds while it runs.
    var holds: TopicName?

    struct Fact: Sendable {
        let name: String
        let value: String
        /// It may quote data of events: only who may see that sees it.
        var mayQuote = false
    }
}

/// What an operation has come to.
struct OperationEnd: Sendable {
    /// In a sentence.
    let words: String
    /// It did all of it, and was not stopped before.
    var isWhole = true
}
