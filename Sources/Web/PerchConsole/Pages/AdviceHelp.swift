import PageKit
import Perch
import PerchOperating

/// What helps where a change was refused: a sentence, and the page where it can be done.
struct AdviceHelp: Component {
    private let words: String
    private let target: LinkTarget?
    private let link: String

    private init(_ words: String, _ link: String = "", _ target: LinkTarget? = nil) {
        (self.words, self.link, self.target) = (words, link, target)
    }

    /// To each advice its words, in the order of the cases; the compiler asks for those of a new one.
    init(_ advice: Advice) {
        self =
            switch advice {
            case .seeTopics: .init("See which topics there are:", "topics", "/topics")
            case .seeGroups: .init("See which groups there are:", "groups", "/groups")
            case .seeSchedules: .init("See which schedules there are:", "schedules", "/schedules")
            case .seeEvent(let topic, let id):
                .init("See where it is:", id, LinkTarget(["topics", topic.rawValue, "events", id]))
            case .seeEventsAndGroup(_, let group): .init("See where the group is:", group)
            case .planAgain(let group): .init("See where the group is by now, and begin again:", group)
            case .lookAgain: .init("Load the page again.")
            case .giveType(let near): .init(near.map { "Is \($0) meant?" } ?? "Choose one of the topic's.")
            case .giveVersion(let versions):
                .init("It has \(versions.map { String($0) }.joined(separator: ", ")).")
            case .giveKnownVersion: .init("Choose a version that the contract has.")
            case .correctData(let topic), .correctPayload(let topic):
                .init("Correct the data; see what the contract says:", topic)
            case .makeKeysTheSame: .init("Make them the same.")
            case .correctOrDiscard: .init("Correct what the reason names, or discard the event.")
            case .giveOnePartition: .init("Choose one of them, or none.")
            case .leavePartitionOut: .init("Leave the partition out: the key tells it.")
            case .narrowSelection:
                .init("Choose fewer and replay part by part; or read everything from a place on, which has no bound.")
            case .replayFromLaterPlace(let first):
                .init("Replay from a later place\(first.map { ": the stream begins at \($0)" } ?? "").")
            case .replayFrom(let place): .init("Replay from a later place: \(place.map { "\($0)" } ?? "the end").")
            case .replayAfterChange(let time, _, _):
                .init("Replay from \(time) on, or the whole topic from the beginning.")
            case .readAgainAfterChange(let time):
                .init("Read again from a place after \(time), in all partitions.")
            case .replayWholeTopic: .init("Replay the whole topic: from the beginning or a time, and all partitions.")
            case .startWorkersOnce: .init("Start its workers once: they write down what the subscription declares.")
            case .rebuildByOwnProgram:
                .init("It declares a reset: its own program empties it and builds it anew, by its rebuild command.")
            case .makeIdempotent:
                .init(
                    "Make its handlers idempotent and declare it, or let it be. To restart at the checkpoints is always safe."
                )
            case .letRelayMend(let owner):
                .init("The relay of \(owner) mends its streams: try again then. See the", "doctor", "/doctor")
            case .eraseUnhandledToo: .init("Wait until the groups have handled them.")
            case .setPartitionsInContract(let partitions, let topic):
                .init("Write partitions: \(partitions) into streams/\(topic).yaml, and start the console with it.")
            case .givePartitions: .init("Say how many partitions it is to have.")
            case .settleFailedEvents: .init("Retry or discard them until there are none:", "failed events", "/failed")
            case .resume(let group, let topic):
                .init("End its pause first:", group, verb: "resume", topic)
            case .startWorkersOrRemoveGroup:
                .init("Start its workers, or take the group out of the contract if nobody is to read the topic.")
            case .letRelayCatchUp:
                .init(
                    "The owner's database was set back: let its relay run until no group is ahead:",
                    "groups",
                    "/groups"
                )
            case .migrate(let owner): .init("Run the migrations of \(owner) first.")
            case .tryLater: .init("Try again when that is over.")
            case .useOwnersRole(let owner): .init("It takes the role that owns the schema perch of \(owner).")
            }
    }

    private init(_ words: String, _ group: GroupName) {
        self.init(words, group.rawValue, Places.group(group))
    }

    private init(_ words: String, _ group: GroupName, verb: String, _ topic: TopicName) {
        self.init(words, "\(verb) \(group)", LinkTarget([verb, group.rawValue], query: [("topic", topic.rawValue)]))
    }

    private init(_ words: String, _ topic: TopicName) {
        self.init(words, topic.rawValue, Places.topic(topic))
    }

    /// The sentence, with its link.
    var html: HTML {
        guard let target else { return Paragraph(HTML(words)).html }
        let whole: HTML = "\(words) \(Link(HTML(link), to: target))."
        return Paragraph(whole).html
    }
}
