extension Sequence<Delivery> {
    /// Decodes the events of a batch, strictly, in their order. For batch handlers.
    ///
    /// - Throws: `DeliveryError` with the `UndecodableEvent` of the first that cannot be read: that event becomes a dead letter,
    ///   and the rest comes again.
    @inlinable
    public func decode<E: Event>(_ event: E.Type = E.self) throws -> [E] {
        var events: [E] = []
        events.reserveCapacity(underestimatedCount)
        // Those of an array are looked at where they lie: no reference is counted for each.
        let isContiguous: Void? = try withContiguousStorageIfAvailable { deliveries in
            for index in deliveries.indices { try events.append(Self.decode(deliveries[index])) }
        }
        if isContiguous == nil {
            for delivery in self { try events.append(Self.decode(delivery)) }
        }
        return events
    }

    @inlinable @inline(__always)
    static func decode<E: Event>(_ delivery: Delivery) throws -> E {
        do {
            return try delivery.decode()
        } catch {
            throw DeliveryError(delivery, error)
        }
    }
}
