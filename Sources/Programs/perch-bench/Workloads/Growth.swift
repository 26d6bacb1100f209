extension Workload {
    /// The same work with more and more entries in the stream and rows in the tables: its cost should stay level.
    static func growth(isQuick: Bool) -> [Workload] {
        let done = 10_000
        var workloads: [Workload] = []
        for size in isQuick ? [10_000] : [10_000, 100_000, 1_000_000] {
            let power = String(size).count - 1
            for (handler, name) in [(SideOptions.HandlerKind.each, "two statements an event"), (.batch, "set-based")] {
                workloads.append(
                    Workload(
                        section: .growth,
                        name: "\(name), last 10^4 of 10^\(power)",
                        options: SideOptions(.consume) {
                            $0.handler = handler
                            $0.events = done
                            $0.from = size == done ? "0-0" : StreamTemplates.entryID(size - done)
                        },
                        scene: Scene(entries: size, skips: size - done, ledgerRows: size)
                    )
                )
            }
        }
        guard !isQuick else { return workloads }
        workloads.append(
            Workload(
                section: .growth,
                name: "set-based, all of 10^6",
                options: SideOptions(.consume) {
                    $0.handler = .batch
                    $0.events = 1_000_000
                },
                scene: Scene(entries: 1_000_000),
                mostPairs: 2
            )
        )
        return workloads
    }
}
