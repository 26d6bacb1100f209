extension Workload {
    /// Producer, relay and worker at once, from the first publication to the last effect.
    static func whole(_ events: Int) -> [Workload] {
        [(SideOptions.HandlerKind.each, "two statements an event"), (.batch, "set-based")].map { handler, name in
            Workload(
                section: .whole,
                name: "published 100 a transaction, handled by \(name)",
                options: SideOptions(.whole) {
                    $0.handler = handler
                    $0.transaction = 100
                    $0.events = events
                },
                isQuick: handler == .batch
            )
        }
    }
}
