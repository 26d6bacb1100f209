extension Workload {
    /// Few events a transaction, as when events come slowly: which way is the cheaper one?
    static func rounds(_ events: Int) -> [Workload] {
        var workloads: [Workload] = []
        for size in [1, 10, 100] {
            let kinds: [(SideOptions.HandlerKind, String)] = [
                (.each, "two statements an event"), (.batch, "set-based"), (.adaptive, "either, by their number"),
            ]
            for (handler, name) in kinds {
                let count = size == 1 ? max(events / 10, 1000) : size == 10 ? max(events / 2, 1000) : events
                workloads.append(
                    Workload(
                        section: .rounds,
                        name: "\(name), \(size) event\(size == 1 ? "" : "s") a transaction",
                        options: SideOptions(.consume) {
                            $0.handler = handler
                            $0.batch = size
                            $0.events = count
                        },
                        scene: Scene(entries: count),
                        isQuick: size == 10 && handler == .each
                    )
                )
            }
        }
        return workloads
    }
}
