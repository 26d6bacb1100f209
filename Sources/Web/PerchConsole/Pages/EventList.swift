import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// A list of a topic's events with its filter, and how far was looked: of `/topics/T/events` and of a partition's page.
struct EventList {
    let topic: TopicContract
    /// Nil: all partitions, or that of the key.
    let partition: Partition?
    let visit: Visit
    let filter: EventPages.Filter
    let before: EntryID?

    static let fields = ["partition", "from", "type", "key", "before"]

    /// - Parameter partition: Of the page itself. Default: as the address says.
    /// - Throws: 400 where a field of the address has no meaning.
    init(_ topic: TopicContract, _ visit: Visit, partition: Partition? = nil) throws {
        (self.topic, self.visit) = (topic, visit)
        var filter = EventPages.Filter()
        filter.key = Self.value("key", visit)
        filter.type = Self.value("type", visit).map { EventType(rawValue: $0) }
        self.filter = filter
        if let partition {
            self.partition = partition
        } else if let text = Self.value("partition", visit) {
            self.partition = Partition(topic.name, try Self.number(text))
        } else {
            self.partition = filter.key.map { topic.partition(of: $0) }
        }
        before = try Self.place(visit)
    }

    static func number(_ text: String) throws -> PartitionNumber {
        guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
            throw HTTPError(
                .badRequest,
                message: "A partition is a number; found “\(VisibleText.of(text.prefix(50)))”."
            )
        }
        return PartitionNumber(rawValue: number)
    }

    private static func value(_ name: String, _ visit: Visit) -> String? {
        visit.query[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Before what is looked: an entry, or the end of a time.
    private static func place(_ visit: Visit) throws -> EntryID? {
        if let text = value("before", visit) {
            guard let id = EntryID(text) else {
                throw HTTPError(.badRequest, message: "“before” is an entry id, such as 1763836200123-42.")
            }
            return id
        }
        guard let text = value("from", visit) else { return nil }
        switch StreamPlace(text) {
        case .end: return nil
        case .entry(let id) where id.position == .max:
            return EntryID(milliseconds: id.milliseconds.addingReportingOverflow(1).partialValue, position: 0)
        case .entry(let id): return EntryID(milliseconds: id.milliseconds, position: id.position + 1)
        case .time(let time): return EntryID(milliseconds: max(0, time.milliseconds) + 1, position: 0)
        case .beginning, nil:
            throw HTTPError(
                .badRequest,
                message: "“from” is an entry id, a time such as 2026-11-22T18:30:00Z, or how long ago, such as 15m."
            )
        }
    }

    func look() async throws -> EventScan {
        let question = EventScan.Question(
            topic: topic.name,
            partitions: (partition.map { [$0] } ?? topic.allPartitions).map(\.number),
            before: before,
            filter: filter
        )
        return try await visit.look(for: question) { [patience = visit.parts.settings.scanPatience] system in
            try await EventScan.look(for: question, patience: patience, in: system)
        }
    }

    func html(_ scan: EventScan, _ snapshot: SystemSnapshot) -> HTML {
        let isFiltered = filter != EventPages.Filter()
        let empty: HTML = isFiltered ? "None of what was looked at matches." : "Nothing of it is kept."
        var parts: [any Component] = [bar, EventTable.table(scan.events, snapshot, empty: empty, visit)]
        parts.append(Paragraph(words(scan)))
        parts.append(left(scan))
        return HTML(parts)
    }

    /// Where was not looked; nothing where was looked everywhere.
    func left(_ scan: EventScan) -> HTML {
        guard !scan.left.isEmpty else { return .empty }
        let places = scan.left.map(\.description).joined(separator: ", ")
        return Paragraph("There was no time for \(places): choose a partition to look there.").html
    }

    /// `Looked at 10,000 entries of tickets:2 back to 16:02; 12 match. Look further`
    private func words(_ scan: EventScan) -> HTML {
        let subject = partition?.description ?? topic.name.rawValue
        let isFiltered = filter != EventPages.Filter()
        var html: HTML = "Looked at \(scan.lookedAt) \(scan.lookedAt == 1 ? "entry" : "entries") of \(subject)"
        if let next = scan.next {
            html = html + " back to \(TimeText(Timestamp(milliseconds: next.milliseconds), visit.clock, isExact: true))"
        }
        if isFiltered { html = html + "; \(scan.events.count) match" }
        if scan.foreign > 0 { html = html + "; \(scan.foreign) foreign, which the relay takes out" }
        html = html + (scan.isAtBeginning ? "; nothing older is kept." : ".")
        if let next = scan.next {
            let further = visit.address(setting: "before", to: "\(next)")
            html = html + " \(Link(isFiltered ? "Look further" : "Older", to: further, rel: "next"))"
        }
        if before != nil, let newest = without(["before", "from"]) {
            html = html + " \(Link("The newest", to: newest))"
        }
        return html
    }

    private func without(_ names: Set<String>) -> LinkTarget? {
        LinkTarget(
            visit.path.split(separator: "/").map { String($0) },
            query: Self.fields.filter { !names.contains($0) }.map { ($0, Self.value($0, visit)) }
        )
    }

    var bar: FilterBar {
        var fields: [FormField] = []
        if visit.knownFields.contains("partition") {
            fields.append(
                FormField(
                    "partition",
                    "Partition",
                    .select([.init("", "All")] + topic.allPartitions.map { .init("\($0.number)", "\($0)") }),
                    value: visit.query["partition"] ?? ""
                )
            )
        }
        fields += [
            FormField(
                "type",
                "Event",
                .select([.init("", "All")] + topic.events.map { .init($0.type.rawValue, $0.type.rawValue) }),
                value: visit.query["type"] ?? ""
            ), FormField("key", "Key", .search, value: visit.query["key"] ?? ""),
        ]
        if visit.knownFields.contains("field") {
            let hint = "such as amount=1250"
            fields.append(FormField("field", "Field", .search, value: visit.query["field"] ?? "", hint: hint))
        }
        if visit.knownFields.contains("from") {
            let hint = "15m, a time in UTC or an entry id"
            fields.append(FormField("from", "From", .search, value: visit.query["from"] ?? "", hint: hint))
        }
        return FilterBar(
            "Events",
            LinkTarget(path: visit.path) ?? "/topics",
            fields: fields,
            conditions: visit.conditions([
                ("partition", "Partition", nil), ("type", "Event", nil), ("key", "Key", nil), ("field", "Field", nil),
                ("from", "From", nil),
            ])
        )
    }
}
