extension Workload {
    /// A relay and a worker that have nothing to do; events a second are none, and CPU is per second.
    static func idle(isQuick: Bool) -> [Workload] {
        [1, 8].map { partitions in
            Workload(
                section: .idle,
                name: "\(partitions) partition\(partitions == 1 ? "" : "s"), 1 worker",
                options: SideOptions(.idle) {
                    $0.partitions = partitions
                    $0.seconds = isQuick ? 1 : 10
                    $0.events = 1
                },
                isQuick: partitions == 1,
                mostPairs: 3
            )
        }
    }
}
