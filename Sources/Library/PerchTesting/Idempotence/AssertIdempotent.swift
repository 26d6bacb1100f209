public import LocalServers
public import Perch

/// Checks that the handlers of a service leave the same in its database however its events are delivered.
///
///     try await assertIdempotent(billing, OrderPlaced(orderID: "order-1", cents: 500), contract: contract)
///
/// The events are handled once, one by one. Then each of `DeliveryCut` is tried on a database of its own: a crash before COMMIT and
/// one after it at each event, second entries, a replay of each, another order of keys, all in one round. After each step the
/// whole database is compared: all tables of the service, and what it has published.
///
/// Left out are columns that differ between two runs without any cut (random ids, times of the clock) and those that a sequence
/// fills, with what refers to them. A worker's checkpoint hides most second deliveries; here they reach the handler, as they do
/// in a replay. No Redis is needed.
///
/// An effect outside of the transaction is found where it is in the same database, written by another connection.
/// - Parameters:
///   - service: Its groups are checked one after another, each with the events of its topics.
///   - events: In the order in which they are published. The more of what the handlers do they bring about, the more is checked:
///     at least two of one key, and two keys.
///   - ignoring: Columns, as `table.column` or `schema.table.column`, that may differ: such as a running balance, which depends on
///     the order of keys. What is published is the table `published`, with `data.FIELD` for its fields.
///   - postgres: Default: `LocalPostgres.shared()`.
/// - Throws: `NotIdempotent` with the first difference. `UncheckableHandlers` where no group takes the events, they cannot be
///   handled even once, or two runs without any cut differ in their rows. `LocalServerError`; what preparing the database throws.
public func assertIdempotent(
    _ service: TestService,
    _ events: any Event...,
    contract: Contract,
    ignoring columns: Set<String> = [],
    postgres: LocalPostgres? = nil
) async throws {
    try await assertIdempotent(service, events, contract: contract, ignoring: columns, postgres: postgres)
}

/// The same of a list of events.
public func assertIdempotent(
    _ service: TestService,
    _ events: [any Event],
    contract: Contract,
    ignoring columns: Set<String> = [],
    postgres: LocalPostgres? = nil
) async throws {
    try await TestThread().run {
        var streams = TestStreams(contract: contract)
        let deliveries = try events.map { try streams.append($0) }
        let taken = Set(service.groups.flatMap(\.subscriptions).map(\.topic))
        guard deliveries.contains(where: { taken.contains($0.topic) }) else {
            throw UncheckableHandlers(
                group: service.groups.first?.name ?? GroupName(rawValue: service.name),
                reason: "no group of \(service.name) takes a topic of the \(deliveries.count) events that were given"
            )
        }
        let postgres = try postgres ?? LocalPostgres.shared()
        let copies = try DatabaseCopies(of: service, contract: contract, on: postgres)
        for group in service.groups {
            let topics = Set(group.subscriptions.map(\.topic))
            let own = deliveries.filter { topics.contains($0.topic) }
            guard !own.isEmpty else { continue }
            try IdempotenceCheck(group: group, deliveries: own, copies: copies, ignored: columns).run()
        }
    }
}
