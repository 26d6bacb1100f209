import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/groups/{group}/pending`: what has been delivered and not heard of again.
enum PendingPage {
    private static let most = 100

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/groups/{group}/pending", fields: ["partition"]) { visit in
            let group = try visit.group()
            let chosen = visit.query["partition"].flatMap { $0.isEmpty ? nil : $0 }
            let known = visit.parts.connections.contract.topics.filter { $0.groups.contains(group) }
                .flatMap(\.allPartitions).map(\.description)
            if let chosen, !known.contains(chosen) {
                throw HTTPError(
                    .notFound,
                    message: "\(group) reads no partition “\(VisibleText.of(chosen.prefix(50)))”."
                )
            }
            let found = try await visit.parts.readers.ask { try await look(at: group, chosen, in: $0) }
            let notices = visit.notices(of: found.problems)
            return Answer(
                visit.page(
                    "Pending of \(group)",
                    notices: notices,
                    command: "perch pending \(group)",
                    body: body(group, found, chosen, visit)
                )
            ) {
                let problems = visit.parts.documents(of: found.problems)
                return try JSONOutput.text(PendingDocument([(group, found.partitions)], problems))
            }
        }
    }

    private struct Found: Sendable {
        let partitions: [PendingEntries]
        let types: [EntryID: String]
        let problems: [ServerProblem]
    }

    private static func look(at group: GroupName, _ chosen: String?, in system: OperatedSystem) async throws -> Found {
        let (partitions, problems) = try await SystemStatus(system).pending(of: group, limit: chosen == nil ? 10 : most)
        let shown = partitions.filter { chosen == nil || $0.partition.description == chosen }
        let types = chosen == nil ? [:] : try await types(of: shown.first, in: system)
        return Found(partitions: shown, types: types, problems: problems)
    }

    /// The types of the listed entries, where they are still to be read.
    private static func types(
        of pending: PendingEntries?,
        in system: OperatedSystem
    ) async throws -> [EntryID: String] {
        guard let pending, let last = pending.entries.last?.id, last.position < .max else { return [:] }
        let page = try await EventPages(system).page(
            of: pending.partition,
            before: EntryID(milliseconds: last.milliseconds, position: last.position + 1),
            limit: most
        )
        let pairs = page.events.compactMap { event in
            event.entryID.map { ($0, "\(event.envelope.type)/\(event.envelope.version)") }
        }
        return Dictionary(pairs) { $1 }
    }

    private static func body(_ group: GroupName, _ found: Found, _ chosen: String?, _ visit: Visit) -> HTML {
        let sentence = Paragraph(
            """
            This is no list of failures. Effects of these events may be committed already: that comes first, and then Redis hears \
            of it. What a killed worker had is delivered again, or acknowledged, by the next owner.
            """
        )
        guard found.problems.isEmpty else { return sentence.html }
        var parts: [any Component] = [sentence, sums(group, found.partitions, visit)]
        if let chosen {
            parts.append(Paragraph(Link("All partitions", to: visit.address(setting: "partition")).html))
            parts += found.partitions.map { entries($0, found.types, "The first \(most) of \(chosen), at most") }
        } else {
            parts += found.partitions.filter { !$0.entries.isEmpty }.prefix(5).map { pending in
                entries(pending, found.types, "The first of \(pending.partition)")
            }
        }
        return HTML(parts)
    }

    private static func sums(_ group: GroupName, _ partitions: [PendingEntries], _ visit: Visit) -> DataTable {
        DataTable(
            id: "pending",
            caption: "Pending",
            isCaptionHidden: true,
            columns: [
                .init("Partition"), .init("Pending", unit: "#", isNumber: true), .init("First"), .init("Last"),
                .init("Consumers"),
            ],
            rows: partitions.map { pending in
                let name = pending.partition.description
                let consumers = pending.consumers.map { "\($0.name): \(NumberText.count($0.count))" }
                return [
                    .init(.component(Link(HTML(name), to: visit.address(setting: "partition", to: name)))),
                    .init(.count(pending.count)), .init(pending.lowest.map { .text("\($0)") } ?? .none),
                    .init(pending.highest.map { .text("\($0)") } ?? .none),
                    .init(consumers.isEmpty ? .none : .text(consumers.joined(separator: ", "))),
                ]
            },
            empty: "Redis does not have \(group.rawValue) there: its workers make it when they start."
        )
    }

    private static func entries(_ pending: PendingEntries, _ types: [EntryID: String], _ caption: String) -> DataTable {
        DataTable(
            id: "entries-\(pending.partition)",
            caption: caption,
            columns: [
                .init("Entry"), .init("Type"), .init("Consumer"), .init("Delivered", unit: "ago"),
                .init("Deliveries", unit: "#", isNumber: true),
            ],
            rows: pending.entries.map { entry in
                let id = "\(entry.id)"
                let target = LinkTarget(["topics", pending.partition.topic.rawValue, "events", id])
                return [
                    .init(.component(Link(HTML(id), to: target ?? "/topics"))),
                    .init(types[entry.id].map { .text($0) } ?? .none), .init(.text(entry.consumer)),
                    .init(.text(PageClock.words(entry.idle))), .init(.count(entry.deliveries)),
                ]
            },
            empty: "Nothing is pending."
        )
    }
}
