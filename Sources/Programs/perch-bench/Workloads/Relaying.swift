extension Workload {
    /// All events wait in the outbox, of one partition.
    static func relaying(_ events: Int) -> [Workload] {
        [
            Workload(
                section: .relaying,
                name: "positions given and appended",
                options: SideOptions(.relay) { $0.events = events },
                scene: Scene(outboxRows: events),
                isQuick: true
            )
        ]
    }
}
