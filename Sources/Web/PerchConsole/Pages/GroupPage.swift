import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/groups/{group}`: what holds it up?
enum GroupPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/groups/{group}") { visit in
            let group = try visit.group()
            let snapshot = await visit.parts.sampler.current()
            let page = visit.page(
                "Group \(group)",
                of: snapshot,
                command: "perch groups describe \(group)",
                body: body(group, snapshot, visit)
            )
            return Answer(page) { try visit.parts.document(of: snapshot.groups.filter { $0.status.group == group }) }
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for row in snapshot.groupRows {
            for place in row.partitions {
                let place = GroupPlace(row.group, place)
                for (name, figure) in place.figures { values.set(place.key(name), figure) }
                if let time = place.checkpointTime { values[LiveKey(place.key("time"))] = time.description }
            }
        }
    }

    private static func body(_ group: GroupName, _ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        guard let report = snapshot.group(group) else {
            return Paragraph("Nothing is known of \(group): its database does not tell.").html
        }
        let rows = GroupLine.lines(of: [report])
        var parts: [any Component] = [actions(group, nil, rows.flatMap(\.partitions), visit)]
        parts += rows.map { row in
            Section(
                row.topic.rawValue,
                [
                    GroupDeclaration(row, report.subscriptions[row.topic], in: snapshot),
                    actions(group, row.topic, row.partitions, visit), table(row, visit),
                ]
            )
        }
        parts.append(Section("Workers", [WorkersPage.table(report.workers ?? [], snapshot, visit, id: "workers")]))
        let failed = LinkTarget(["failed"], query: [("group", group.rawValue)])
        let words: HTML = """
            What Redis has delivered and not heard of again is \
            \(Link("pending", to: LinkTarget(["groups", group.rawValue, "pending"]) ?? "/groups")): no list of failures. \
            What failed is in \(Link("failed events", to: failed ?? "/failed")).
            """
        parts.append(Paragraph(words))
        return HTML(parts)
    }

    // MARK: What can be done

    /// Links to pages that ask first; where the role lacks the right, the sentence that says so.
    private static func actions(
        _ group: GroupName,
        _ topic: TopicName?,
        _ places: [GroupStatus.PartitionStatus],
        _ visit: Visit
    ) -> HTML {
        let rights: [Right] = topic == nil ? [.pauseGroups] : [.pauseGroups, .restartAtCheckpoint, .replay]
        if let right = rights.first(where: { !visit.may($0) }) { return Paragraph(HTML(right.missing)).html }
        let subject = topic.map { "\(group) on \($0)" } ?? "of \(group)"
        let query = [("topic", topic?.rawValue)]
        var links: [HTML] = []
        func link(_ words: String, _ target: LinkTarget?) {
            guard let target else { return }
            links.append(Link(HTML(words), to: target, label: "\(words) \(subject)", isButton: true).html)
        }
        // Where one is unknown both are offered: their pages ask.
        if places.contains(where: { $0.isPaused != true }) {
            link(topic == nil ? "Pause all" : "Pause", LinkTarget(["pause", group.rawValue], query: query))
        }
        if places.contains(where: { $0.isPaused != false }) {
            link(topic == nil ? "Resume all" : "Resume", LinkTarget(["resume", group.rawValue], query: query))
        }
        if let topic {
            let path = ["replay", group.rawValue, topic.rawValue]
            link("Restart at checkpoints", LinkTarget(path, query: [("what", "restart")]))
            link("Replay", LinkTarget(path))
        }
        var words: HTML = ""
        for link in links { words = words.isEmpty ? link : "\(words) \(link)" }
        return Paragraph(words).html
    }

    // MARK: Where it is

    private static func table(_ row: GroupLine, _ visit: Visit) -> DataTable {
        let stuck = HotPartition.of(row.partitions)
        return DataTable(
            id: "partitions-\(row.topic)",
            caption: "Partitions of \(row.topic)",
            isCaptionHidden: true,
            columns: [
                .init("Partition"), .init("Checkpoint"), .init("Of"), .init("Stream’s end"),
                .init("Lag", unit: "#", isNumber: true), .init("Oldest", unit: "s", isNumber: true), .init("Owner"),
                .init("Pending", unit: "#", isNumber: true), .init("Failed", isNumber: true),
                .init("Held", isNumber: true), .init("Dead", isNumber: true), .init("Mark"),
            ],
            rows: row.partitions.map { status in
                let place = GroupPlace(row.group, status)
                var cells = place.figures.map { DataTable.Cell($0.1.cell, live: LiveKey(place.key($0.0))) }
                let time: CellValue =
                    place.checkpointTime.map {
                        .component(TimeText($0, visit.clock, live: LiveKey(place.key("time"))))
                    } ?? .none
                cells.insert(.init(time), at: 1)
                let mark: CellValue =
                    stuck == status.partition
                    ? .html(HotPartition.mark(status))
                    : status.isPaused == true
                        ? .component(Badge("paused", .warning)) : .html(.empty)
                return [.init(name(status.partition))] + cells + [.init(mark)]
            },
            empty: "The contract gives the topic no partitions."
        )
    }

    private static func name(_ partition: Partition) -> CellValue {
        let target = LinkTarget(["topics", partition.topic.rawValue, "partitions", partition.number.description])
        return .component(Link(HTML(partition.description), to: target ?? "/topics"))
    }
}
