extension Workload {
    /// All events wait in the streams; a key's events are in one partition, so no two workers touch the same account.
    static func consuming(_ events: Int) -> [Workload] {
        var workloads: [Workload] = []
        for (handler, name) in [
            (SideOptions.HandlerKind.each, "two statements an event"), (.batch, "set-based"), (.none, "no SQL"),
        ] {
            for (partitions, workers) in [(1, 1), (8, 1), (8, 2), (8, 4)] {
                let count = handler == .none ? events * 2 : events
                workloads.append(
                    Workload(
                        section: .consuming,
                        name: "\(name), \(partitions) partition\(partitions == 1 ? "" : "s"), "
                            + "\(workers) worker\(workers == 1 ? "" : "s")",
                        options: SideOptions(.consume) {
                            $0.handler = handler
                            $0.partitions = partitions
                            $0.workers = workers
                            $0.events = count
                        },
                        scene: Scene(entries: count),
                        isQuick: workers == 1 && (partitions == 1 || handler == .batch)
                    )
                )
            }
        }
        return workloads
    }
}
