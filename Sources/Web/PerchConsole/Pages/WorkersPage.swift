import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/workers`: who runs where?
enum WorkersPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/workers", fields: ["group"]) { visit in
            let snapshot = await visit.parts.sampler.current()
            let group = visit.query["group"].flatMap { $0.isEmpty ? nil : $0 }
            let workers = snapshot.workers.filter { group == nil || $0.group.rawValue == group }
            let gone = snapshot.gone.filter { group == nil || $0.worker.group.rawValue == group }
            let known = visit.parts.connections.groups.map(\.rawValue)
            let filter = FilterBar(
                "Filter workers",
                "/workers",
                fields: [
                    FormField(
                        "group",
                        "Group",
                        .select([.init("", "All")] + known.map { .init($0, $0) }),
                        value: group ?? ""
                    )
                ],
                conditions: group.map { [.init("Group: \($0)", without: visit.address(setting: "group"))] } ?? []
            )
            var parts: [any Component] = [filter, table(workers, snapshot, visit, id: "workers")]
            let relays = group == nil ? try await visit.look(for: Question()) { try await Relays(in: $0) } : Relays()
            if group == nil { parts.append(Section("Relays", [table(of: relays.known, visit)])) }
            if !gone.isEmpty { parts.append(Section("Gone in the last half hour", [table(ofGone: gone, visit)])) }
            let problems = snapshot.away.map(\.problem) + relays.problems
            return Answer(visit.page("Workers", of: snapshot, command: "perch workers", body: HTML(parts))) {
                try JSONOutput.text(WorkersDocument(workers, relays.known, visit.parts.documents(of: problems)))
            }
        }
    }

    private struct Question: Sendable, Hashable {}

    /// What databases tell of relays, which is no data of events.
    private struct Relays: Maskable {
        var known: [RelayStatus] = []
        var problems: [ServerProblem] = []

        init() {}

        init(in system: OperatedSystem) async throws { (known, problems) = try await SystemStatus(system).relays() }

        func masked(in contract: Contract) -> Relays { self }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for worker in snapshot.workers {
            for prefix in ["workers/", "groups/\(worker.group)/workers/"] {
                for (name, figure) in figures(worker) { values.set("\(prefix)\(worker.name)/\(name)", figure) }
            }
        }
    }

    private static func figures(_ worker: WorkerStatus) -> [(String, Figure)] {
        let partitions = worker.partitions.map(\.description).joined(separator: ", ")
        return [
            ("silence", .seconds(worker.silence / .seconds(1))),
            ("partitions", partitions.isEmpty ? .none : Figure(partitions)),
        ]
    }

    /// Workers as a table, on the page of all or of one group.
    static func table(_ workers: [WorkerStatus], _ snapshot: SystemSnapshot, _ visit: Visit, id: String) -> DataTable {
        let prefix = visit.path.dropFirst() + (visit.path == "/workers" ? "/" : "/workers/")
        return DataTable(
            id: id,
            caption: "Workers",
            isCaptionHidden: true,
            columns: [
                .init("Worker"), .init("Group"), .init("Host"), .init("PID", isNumber: true), .init("Up since"),
                .init("Last sign", unit: "s", isNumber: true), .init("Partitions"), .init("State"),
            ],
            rows: workers.map { worker in
                let figures = figures(worker).map { name, figure in
                    DataTable.Cell(figure.cell, live: LiveKey("\(prefix)\(worker.name)/\(name)"))
                }
                // A tint that stays would be wrong when it shows life again: the number beside it is fresh.
                let state = worker.isLive ? Badge("live") : Badge("silent", .warning)
                return start(worker, visit) + figures + [.init(.component(state))]
            },
            empty: snapshot.away.isEmpty
                ? "No worker runs. Start one, and it is here within seconds."
                : "No worker is known: see above who does not tell."
        )
    }

    private static func table(of relays: [RelayStatus], _ visit: Visit) -> DataTable {
        DataTable(
            id: "relays",
            caption: "Relays",
            isCaptionHidden: true,
            columns: [.init("Owner"), .init("Host"), .init("PID", isNumber: true), .init("Connected"), .init("State")],
            rows: relays.map { relay in
                [
                    .init(.text(relay.owner)), .init(.text(relay.host)), .init(.text(String(relay.pid))),
                    .init(.component(TimeText(relay.startedAt, visit.clock))),
                    .init(.component(relay.isActive ? Badge("active", .ok) : Badge("stands by"))),
                ]
            },
            empty: "No relay is known: what is published waits in the outbox."
        )
    }

    private static func table(ofGone gone: [SystemSnapshot.GoneWorker], _ visit: Visit) -> DataTable {
        DataTable(
            id: "gone",
            caption: "Workers that have gone",
            isCaptionHidden: true,
            columns: [
                .init("Worker"), .init("Group"), .init("Host"), .init("PID", isNumber: true), .init("Up since"),
                .init("State"),
            ],
            rows: gone.reversed().prefix(50).map { gone in
                let words: HTML = "gone since \(TimeText(gone.at, visit.clock, isExact: true))"
                return start(gone.worker, visit) + [.init(.html(words))]
            }
        )
    }

    private static func start(_ worker: WorkerStatus, _ visit: Visit) -> [DataTable.Cell] {
        let group = Places.group(worker.group)
        return [
            .init(.text(worker.name)), .init(.component(Link(HTML(worker.group.rawValue), to: group))),
            .init(.text(worker.host)), .init(.text(String(worker.pid))),
            .init(.component(TimeText(worker.startedAt, visit.clock))),
        ]
    }
}
