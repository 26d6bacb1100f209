import Perch

/// How far a system's databases have come, each as it was when it was looked at.
struct SystemProgress {
    /// A row of what a database says of itself.
    struct Fact {
        let kind: String
        let group: String
        let topic: TopicName
        let partition: Int
        let number: Int64
        let text: String
    }

    /// A partition, or an event in it, as one group of a service sees it, or as its owner does.
    struct Place: Hashable {
        let service: String
        let group: String
        let topic: TopicName
        let partition: Int
        var position: Int64 = 0
    }

    /// An event that is to be tried again.
    struct Waiting: CustomStringConvertible {
        /// How often its handler has said that a fact is missing; nil: it is held behind another one.
        let waits: Int64?
        let description: String
    }

    private var outbox: [Place: Int64] = [:]
    private var positions: [Place: Int64] = [:]
    private var checkpoints: [Place: Int64] = [:]
    private var held = 0
    private(set) var waiting: [Place: Waiting] = [:]
    /// What the relays have refused.
    private(set) var refusals: [String] = []
    private(set) var deadLetters: [String] = []

    mutating func add(_ fact: Fact, of service: String) {
        var place = Place(service: service, group: fact.group, topic: fact.topic, partition: fact.partition)
        switch fact.kind {
        case "outbox": outbox[place] = fact.number
        case "position": positions[place] = fact.number
        case "checkpoint": checkpoints[place] = fact.number
        case "refused": refusals.append("the relay of \(service) has refused \(fact.text)")
        case "dead": deadLetters.append("\(fact.group) has given up \(Self.event(fact.text).text)")
        case "behind": held += 1
        default:
            place.position = fact.number
            let event = Self.event(fact.text)
            waiting[place] = Waiting(
                waits: event.isHeld ? nil : event.waits,
                description: "\(fact.group) has not come to an end with \(event.text)"
            )
        }
    }

    /// What has not been handled at all, in plain words.
    func left(in system: RunningSystem) -> [String] {
        var left = outbox.map { "\($0.value) events wait in the outbox of \($0.key.service) for topic \($0.key.topic)" }
        for service in system.services {
            for group in service.groups {
                for topic in group.subscriptions.compactMap({ system.contract.topic($0.topic) }) {
                    for partition in 0..<topic.partitions {
                        let last = place(topic.owner, "", topic.name, partition)
                        let reached = place(service.name, group.name.rawValue, topic.name, partition)
                        let (there, here) = (positions[last] ?? 0, checkpoints[reached] ?? 0)
                        guard here < there else { continue }
                        left.append("\(group.name) is at \(here) of \(there) in \(topic.name):\(partition)")
                    }
                }
            }
        }
        return left.sorted()
    }

    /// Whether nothing was published and nothing handled between the two looks; that something was tried again does not count.
    func isSame(as other: SystemProgress) -> Bool {
        outbox == other.outbox && positions == other.positions && checkpoints == other.checkpoints
            && held == other.held && deadLetters.count == other.deadLetters.count
            && Set(waiting.keys) == Set(other.waiting.keys)
    }

    /// Whether all that is to be tried again was, and each time its handler has said that a fact is missing.
    func hasTriedInVain(since earlier: SystemProgress) -> Bool {
        waiting.allSatisfy { place, event in
            guard let waits = event.waits else { return true }
            guard let before = earlier.waiting[place]?.waits else { return false }
            // Twice: an attempt may have been under way when the earlier look was taken.
            return waits >= before + 2
        }
    }

    private func place(_ service: String, _ group: String, _ topic: TopicName, _ partition: Int) -> Place {
        Place(service: service, group: group, topic: topic, partition: partition)
    }

    /// Of `ATTEMPTS WAITS STATE EVENT`.
    private static func event(_ text: String) -> (waits: Int64, isHeld: Bool, text: String) {
        let parts = text.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count == 4 else { return (0, false, text) }
        return (Int64(parts[1]) ?? 0, parts[2] == "held", parts[3])
    }
}
