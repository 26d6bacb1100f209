/// A typed event: what a service publishes and what a handler receives. One Swift type serves all versions of an event
/// type.
///
///     struct TicketClosed: Event {
///         static let type: EventType = "ticket_closed"
///         static let topic: TopicName = "tickets"
///         let ticketID: UUID
///         var version: Int { 1 }
///         var key: String { ticketID.uuidString.lowercased() }
///         enum CodingKeys: String, CodingKey { case ticketID = "ticket_id" }
///     }
///
/// The contract (`streams/*.yaml`) declares the fields, and the type follows it: the coding keys are the names of the fields,
/// and a field that a later version has added is optional. `EventCoding` writes and reads events.
public protocol Event: Codable, Sendable {
    /// The type of the event in the contract, such as `ticket_closed`.
    static var type: EventType { get }

    /// The topic the event is published to.
    static var topic: TopicName { get }

    /// The version of this very event, from 1: the newest of which it has all fields.
    var version: Int { get }

    /// The key: events of one key stay in order. It is the value of the field that the topic declares as `key`,
    /// character by character as it is encoded, so a UUID's is in lowercase.
    var key: String { get }

    /// Reads the event from the members of its data. Default: as `Decodable` does.
    ///
    /// A type that comes by the thousand can read its members by name instead, which takes less time. An event for which this
    /// throws any error becomes a dead letter.
    ///
    ///     init(reading fields: borrowing EventFields) throws {
    ///         ticketID = try fields["ticket_id"]
    ///     }
    init(reading fields: borrowing EventFields) throws

    /// Writes the event as the members of its data. Default: as `Encodable` does.
    ///
    /// A type that is published by the thousand can write its members by name instead, which takes less time. They must be
    /// those of `CodingKeys`.
    ///
    ///     func write(to fields: inout EventFieldWriter) throws {
    ///         try fields.write("ticket_id", ticketID)
    ///     }
    func write(to fields: inout EventFieldWriter) throws
}

extension Event {
    /// As `Decodable` does.
    public init(reading fields: borrowing EventFields) throws { self = try fields.decode() }

    /// As `Encodable` does.
    public func write(to fields: inout EventFieldWriter) throws { fields.leaveToEncodable() }
}
