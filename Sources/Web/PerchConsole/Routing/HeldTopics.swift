import PageKit
import Perch
import Times

/// What each page tells of topics that are held: their events wait, whatever the page is about.
enum HeldTopics {
    static func notices(_ visit: Visit) async -> [Notice] {
        guard let snapshot = await visit.parts.sampler.known else { return [] }
        let held = snapshot.heldTopics.sorted { $0.key < $1.key }
        guard !held.isEmpty else { return [] }
        let running = await visit.parts.operations.all().filter { !$0.state.isOver }
        return held.map { topic, since in
            if let operation = running.first(where: { $0.plan.holds == topic }) {
                return Notice(
                    "\(topic) is held",
                    "Its partitions are being changed: \(Link("see how far it is", to: operation.target)).",
                    .info
                )
            }
            let words: HTML = "What is published waits in the outbox."
            return Notice(
                "\(topic) is held since \(visit.clock.timeOfDay(since))",
                visit.may(.changePartitions) ? "\(words) \(ways(topic))" : words,
                .danger
            )
        }
    }

    private static func ways(_ topic: TopicName) -> Link {
        Link("Go on, or give up…", to: Places.partitions(of: topic), label: "Go on, or give up… the change of \(topic)")
    }
}
