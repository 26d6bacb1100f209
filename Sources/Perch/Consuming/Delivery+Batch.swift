extension Sequence<Delivery> {
    /// Decodes the events of a batch, strictly, in their order. For batch handlers.
    ///
    /// - Throws: `DeliveryError` with the `UndecodableEvent` of the first that cannot be read: that event becomes a dead letter,
    ///   and the rest comes again.
    @inlinable
    public func decode<E: Event>(_ event: E.Type = E.self) throws -> [E] {
        var events: [E] = []
        events.reserveCapacity(underestimatedCount)
        for delivery in self {
            do {
                events.append(try delivery.decode(event))
            } catch {
                throw DeliveryError(delivery, error)
            }
        }
        return events
    }
}
