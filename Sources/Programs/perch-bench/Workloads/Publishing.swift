extension Workload {
    /// Transactions that insert business rows and their events.
    static func publishing(_ events: Int) -> [Workload] {
        [
            ("one by one, 1 connection", 1, 1, max(events / 10, 1000)),
            ("one by one, 8 connections", 1, 8, max(events / 5, 1000)),
            ("1,000 a transaction, 1 connection", 1000, 1, max(events * 2, 5000)),
        ].map { name, size, connections, count in
            Workload(
                section: .publishing,
                name: "published \(name)",
                options: SideOptions(.publish) {
                    $0.transaction = size
                    $0.connections = connections
                    $0.events = count
                },
                isQuick: connections == 1
            )
        }
    }
}
