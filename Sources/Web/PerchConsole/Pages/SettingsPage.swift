import Foundation
import PageKit
import Perch
import PerchOperating
import Times

/// `/settings`: what this console was started with, without secrets, and which versions it talks to.
enum SettingsPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/settings") { visit in
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page(
                    "Settings",
                    body: HTML([
                        Section("Console", [console(visit)]), Section("Servers", [servers(visit)]),
                        Section("Versions", [versions(snapshot, visit)]), Section("Contract", [contract(visit)]),
                    ])
                )
            )
        }
    }

    private static func console(_ visit: Visit) -> Facts {
        let settings = visit.parts.settings
        let role: HTML = "\(visit.viewer.role.rawValue): \(Link("its rights", to: "/session"))"
        return Facts([
            ("Context", .text(settings.context)), ("Tint", settings.tint.map { .text($0.rawValue) } ?? .none),
            (
                "Listens on",
                .text(
                    settings.host.contains(":")
                        ? "[\(settings.host)]:\(settings.port)" : "\(settings.host):\(settings.port)"
                )
            ),
            ("Read-only", settings.isReadOnly ? "yes: nobody may change anything" : "no"),
            ("Who acts", .text(settings.operatorName)), ("Your role", .html(role)),
            ("Time zone", .text(visit.clock.zone == .gmt ? "UTC" : visit.clock.zone.identifier)),
        ])
    }

    private static func servers(_ visit: Visit) -> HTML {
        let connections = visit.parts.connections
        let facts = Facts([
            // Its description holds no password.
            ("Redis", connections.redis.map { .text("\($0)") } ?? .none),
            ("Namespace", connections.naming.namespace.isEmpty ? .none : .text(connections.naming.namespace)),
        ])
        let table = DataTable(
            id: "databases",
            caption: "Databases",
            columns: [.init("Service"), .init("Is"), .init("Database")],
            rows: connections.services.map { service in
                let isOwner = connections.owners.contains(service)
                let isGroup = connections.groups.contains { $0.rawValue == service }
                let roles = [isOwner ? "owner of topics" : nil, isGroup ? "group" : nil].compactMap(\.self)
                return [
                    .init(.text(service)), .init(.text(roles.joined(separator: ", "))),
                    .init(connections.databases[service].map { .text("\($0)") } ?? "not known"),
                ]
            }
        )
        return HTML([facts, table])
    }

    /// As the doctor has found them.
    private static func versions(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        guard let diagnosis = snapshot.diagnosis else {
            let words: HTML = "Not looked at yet: see the \(Link("doctor", to: "/doctor"))."
            return Paragraph(words).html
        }
        let known: Set<String> = [
            "redis-version", "redis-too-old", "database-version", "database-too-old", "schema-version", "schema-older",
            "schema-newer", "schema-missing",
        ]
        let facts = diagnosis.findings.filter { known.contains($0.code) }.map { diagnosis -> (String, CellValue) in
            let help = visit.help(on: diagnosis.finding)
            return (help.subject, .text(help.message))
        }
        guard !facts.isEmpty else { return Paragraph("No server has told its version.").html }
        let when: HTML = "Looked \(TimeText(diagnosis.time, visit.clock))."
        return HTML([Facts(facts), Paragraph(when)])
    }

    private static func contract(_ visit: Visit) -> DataTable {
        DataTable(
            id: "contract",
            caption: "Topics of the contract",
            isCaptionHidden: true,
            columns: [
                .init("Topic"), .init("Owner"), .init("Partitions", unit: "#", isNumber: true), .init("Groups"),
            ],
            rows: visit.parts.connections.contract.topics.map { topic in
                let target = Places.topic(topic.name)
                let groups = topic.groups.map(\.rawValue).joined(separator: ", ")
                return [
                    .init(.component(Link(HTML(topic.name.rawValue), to: target))), .init(.text(topic.owner)),
                    .init(.count(topic.partitions)), .init(groups.isEmpty ? .none : .text(groups)),
                ]
            },
            empty: "The contract has no topics."
        )
    }
}
