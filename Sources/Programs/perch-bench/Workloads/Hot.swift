extension Workload {
    /// Every partition is about every account: workers wait for one another's rows, and lock them in different orders
    /// where nothing is done about it.
    static func hot(_ events: Int) -> [Workload] {
        [1, 2, 4].map { workers in
            Workload(
                section: .hot,
                name: "set-based, 8 partitions, \(workers) worker\(workers == 1 ? "" : "s"), hot",
                options: SideOptions(.consume) {
                    $0.handler = .ordered
                    $0.partitions = 8
                    $0.workers = workers
                    $0.events = events
                },
                scene: Scene(entries: events, isHot: true),
                isQuick: workers == 2
            )
        }
    }
}
