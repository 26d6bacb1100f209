import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating

/// `/topics/T/events` and `/topics/T/partitions/N`: what was published around then?
enum EventsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/topics/{topic}/events", fields: EventList.fields) { visit in
            let topic = try visit.topic()
            let list = try EventList(topic, visit)
            let scan = try await list.look()
            let snapshot = await visit.parts.sampler.current()
            let place = list.partition?.description ?? topic.name.rawValue
            return Answer(
                visit.page(
                    "Events of \(place)",
                    notices: visit.notices(of: scan.problems),
                    command: "perch events \(place)",
                    body: list.html(scan, snapshot)
                ),
                document: scan.document(visit)
            )
        }
        routes.page("/topics/{topic}/partitions/{number}", fields: EventList.fields.filter { $0 != "partition" }) {
            visit in
            let topic = try visit.topic()
            let partition = Partition(topic.name, try EventList.number(visit.parameter("number")))
            let list = try EventList(topic, visit, partition: partition)
            let scan = try await list.look()
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page(
                    partition.description,
                    of: snapshot,
                    notices: visit.notices(of: scan.problems.filter { $0.service != nil || snapshot.away.isEmpty }),
                    command: "perch events \(partition)",
                    body: facts(partition, topic, snapshot) + list.html(scan, snapshot)
                ),
                document: scan.document(visit)
            )
        }
    }

    private static func facts(_ partition: Partition, _ topic: TopicContract, _ snapshot: SystemSnapshot) -> HTML {
        guard partition.number.rawValue < topic.partitions else {
            return Notice(
                "\(topic.name) has \(topic.partitions) partitions",
                "\(partition.description) is none of them: what is here is of an earlier time.",
                .info
            ).html
        }
        guard let row = snapshot.topicRow(topic.name),
            let status = row.status.partitions.first(where: { $0.partition == partition })
        else { return .empty }
        let names = ["First id", "Last id", "In Redis", "Rate (#/s)", "Missing", "Given"]
        let figures = TopicPartitions.figures(status, row).map(\.1.cell)
        let lags = row.readers.map { "Lag of \($0.group)" }
        return Facts(Array(zip(names + lags, figures))).html
    }
}
