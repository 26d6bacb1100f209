import Perch
import PerchOperating

extension Advice {
    /// What to type. Without a full stop, since more may follow.
    var words: String {
        switch self {
        case .seeTopics: "See `perch topics`"
        case .seeGroups: "See `perch groups`"
        case .seeSchedules: "See `perch schedules`"
        case .seeEvent(let topic, let id):
            "See `perch show \(topic) \(id)`; with --partition N it need not be there any more"
        case .seeEventsAndGroup(let topic, let group):
            "See `perch show \(topic) ID` and `perch groups describe \(group)`"
        case .planAgain(let group): "Look at `perch groups describe \(group)` and plan again"
        case .lookAgain: "Look again with --dry-run"
        case .giveType(let near): near.map { "Did you mean \($0)?" } ?? "Give one of them"
        case .giveVersion(let versions): "It has \(versions.map(String.init).joined(separator: ", "))"
        case .giveKnownVersion: "Give one that the contract has"
        case .correctData(let topic): "Correct --data; see `perch topics describe \(topic)`"
        case .correctPayload(let topic): "Correct the payload; see `perch topics describe \(topic)`"
        case .makeKeysTheSame: "Make them the same"
        case .correctOrDiscard: "Correct what its reason names, or discard it"
        case .giveOnePartition: "Give --partition one of them, or leave it out"
        case .leavePartitionOut: "Leave the partition out: the key tells it"
        case .narrowSelection:
            "Narrow them by --from, --to, --key or --partition and replay part by part; or leave --to and --key out: then "
                + "the checkpoint is set back, which has no bound"
        case .replayFromLaterPlace(let first):
            "Replay from a later place\(first.map { ": the stream begins at \($0)" } ?? "")"
        case .replayFrom(let place): "Replay from a later place: from \(place.map { "\($0)" } ?? "end")"
        case .replayAfterChange(let time, let group, let topic):
            "Replay from \(time) on, or the whole topic: `perch replay \(group) \(topic) --from beginning`"
        case .readAgainAfterChange(let time):
            "Read again from a place after \(time), in all partitions (docs/partitions.md)"
        case .replayWholeTopic: "Replay the whole topic: --from beginning or a time, and no --partition"
        case .startWorkersOnce: "Start its workers once: they write down what the subscription declares"
        case .rebuildByOwnProgram:
            "It declares a reset, so it can be emptied and built anew by its own program (its rebuild command)"
        case .makeIdempotent:
            "Make its handlers idempotent and declare isIdempotent: true, or let it be (--pending is always safe)"
        case .letRelayMend(let owner): "Look at `perch doctor`: the relay of \(owner) mends its streams; then try again"
        case .setPartitionsInContract(let partitions, let topic):
            "Set `partitions: \(partitions)` in streams/\(topic).yaml"
        case .givePartitions: "Give the number of partitions that it is to have"
        case .settleFailedEvents: "Retry or discard them until none lies in perch.failed_events of its database"
        case .resume(let group, let topic): "Run `perch resume \(group) \(topic)` first"
        case .startWorkersOrRemoveGroup:
            "Start its workers, or take the group out of the contract if nobody is to read the topic"
        case .letRelayCatchUp:
            "The owner's database was set back: let its relay run until `perch groups` shows no such place"
        case .migrate(let owner): "Run the migrations of \(owner) first"
        case .tryLater: "Try again when that is over, or with more patience"
        case .eraseUnhandledToo:
            "Wait until the groups have handled them (`perch trace KEY`), or give --unhandled: then they never take effect there"
        case .useOwnersRole(let owner): "Give the role that owns schema perch: --database \(owner)=URL"
        }
    }
}

extension OperationRefused {
    /// Reason and advice, each a sentence.
    var sentences: String {
        let advice = advice.words
        return "\(reason). \(advice)\(advice.hasSuffix("?") ? "" : ".")"
    }
}

extension RepartitionUnfinished {
    /// What happened, what helps, and the command that goes on.
    var sentences: String {
        let helps = advice.map { "\($0.words). " } ?? ""
        return "\(description). \(helps)Go on with `perch partitions \(topic) --to \(partitions)`"
    }
}

extension Incompatibility {
    /// What was, what is, and what helps.
    var messageWithAdvice: String {
        switch advice {
        case nil: message
        case .changePartitionsFirst(let partitions):
            "\(message): run `perch partitions \(topic) --to \(partitions)` in each system first, which keeps the order of each "
                + "key; until then migrations refuse it"
        }
    }

    /// Its place, and that.
    var sentence: String { "\(description)\(messageWithAdvice.dropFirst(message.count))" }
}
