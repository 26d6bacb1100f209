import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// Which records are asked for: the filter of the page and of its CSV.
struct AuditQuery {
    static let fields = ["by", "action", "group", "operation", "text", "since"]

    let filter: AuditTrail.Filter
    /// As they were typed, by field.
    let texts: [String: String]
    private let visit: Visit

    /// - Throws: 422 where a time is none.
    init(_ visit: Visit) throws {
        self.visit = visit
        var texts: [String: String] = [:]
        for name in Self.fields {
            let text = visit.query[name]?.trimmingCharacters(in: .whitespaces) ?? ""
            if !text.isEmpty { texts[name] = text }
        }
        self.texts = texts
        var filter = AuditTrail.Filter()
        (filter.by, filter.action, filter.text) = (texts["by"], texts["action"], texts["text"])
        filter.group = texts["group"].map { GroupName(rawValue: $0) }
        filter.operation = try texts["operation"].map { text in
            guard let id = UUID(uuidString: text) else {
                throw HTTPError(
                    .unprocessableContent,
                    message: "Operation: expected a UUID; “\(VisibleText.of(text.prefix(50)))” is none."
                )
            }
            return id
        }
        // What somebody may not see they may not guess either.
        filter.looksAtData = visit.may(.seeData)
        if let text = texts["since"] {
            guard case .time(let time)? = PlaceText.place(text, visit.clock) else {
                let words = "expected a time such as 2026-11-22 18:30, or how long ago, such as 15m"
                throw HTTPError(
                    .unprocessableContent,
                    message: "Since: \(words); “\(VisibleText.of(text))” is none."
                )
            }
            filter.since = time
        }
        self.filter = filter
    }

    /// The same records as a file.
    var csv: LinkTarget? { LinkTarget(["audit.csv"], query: Self.fields.map { ($0, texts[$0]) }) }

    /// Where `before` says that the page begins: past this record.
    ///
    /// - Throws: 404 where it names none.
    func start(in trail: AuditTrail) async throws -> AuditRecord? {
        guard let text = visit.query["before"], !text.isEmpty else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1).map { String($0) }
        let services = visit.parts.connections.services
        if parts.count == 2, services.contains(parts[0]), let number = Int64(parts[1]),
            let record = try await trail.record(AuditRecord.ID(service: parts[0], number: number))
        {
            return record
        }
        throw HTTPError(.notFound, message: "There is no record “\(VisibleText.of(text))”.")
    }

    var bar: FilterBar {
        let groups = visit.parts.connections.groups.map(\.rawValue)
        return FilterBar(
            "Filter records",
            "/audit",
            fields: [
                FormField("by", "Who", .search, value: texts["by"] ?? ""),
                FormField("action", "Action", .search, value: texts["action"] ?? "", hint: "pause, replay, publish …"),
                FormField(
                    "group",
                    "Group",
                    .select([.init("", "All")] + groups.map { .init($0, $0) }),
                    value: texts["group"] ?? ""
                ),
                FormField("operation", "Operation", .search, value: texts["operation"] ?? "", hint: "its id"),
                FormField(
                    "text",
                    visit.may(.seeData) ? "Text in target or details" : "Text in the target",
                    .search,
                    value: texts["text"] ?? ""
                ),
                FormField(
                    "since",
                    "Since",
                    .search,
                    value: texts["since"] ?? "",
                    hint: "A time (\(visit.clock.zoneText(at: visit.clock.now))), or how long ago: 24h"
                ),
            ],
            conditions: Self.fields.compactMap { name in
                texts[name].flatMap { text in
                    LinkTarget(["audit"], query: Self.fields.map { ($0, $0 == name ? nil : texts[$0]) }).map {
                        .init("\(name.capitalized): \(text)", without: $0)
                    }
                }
            }
        )
    }
}
