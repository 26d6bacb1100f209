public import FoundationEssentials
public import Postgres

/// An event as a handler receives it: its envelope and its place.
///
/// It refers to the reply that it came with, and is cheap to copy. Keeping it after the handler has returned keeps the memory of all that
/// was read with it.
public struct Delivery: Sendable {
    let entries: DeliveredEntries
    var index: Int

    /// A row of what a read has delivered.
    init(_ entries: DeliveredEntries, _ index: Int) {
        self.entries = entries
        self.index = index
    }

    /// Workers make deliveries; this is for tests of handlers.
    public init(partition: Partition, entryID: EntryID, envelope: Envelope) {
        self.init(DeliveredEntries(envelope, at: entryID, of: partition), 0)
    }

    /// The partition it was read from; it tells the topic.
    public var partition: Partition { entries.partition }
    /// The entry's place in the partition. The same event may come again in another entry: see `id`.
    public var entryID: EntryID { entries.rows[index].entryID }
    /// The event's attributes, and its data, not decoded yet. Each call makes a new one.
    public var envelope: Envelope { entries.envelope(index) }
    /// The event's own id: what handlers are idempotent by.
    public var id: UUID { entries.rows[index].attributes.id }
    /// The partition's topic: envelopes do not name it.
    public var topic: TopicName { entries.partition.topic }
    /// Which Swift type to decode it as.
    public var type: EventType { entries.kind(index).type }
    /// The version of the type's fields, from 1; it may be newer than this program knows.
    public var version: Int { entries.kind(index).version }
    /// The key: events of one subject come in order.
    public var subject: String { entries.subject(index) }
    /// When it happened, as its publisher says; not when it was delivered.
    public var time: Timestamp { entries.rows[index].attributes.time }
    /// W3C trace context of what caused it.
    public var traceparent: String? { entries.traceparent(index) }

    /// Why it cannot be read as an event though it has its place among them; nil: it can, as far as that is known before it is
    /// decoded.
    package var problem: String? { entries.problem(index) }

    /// Decodes the event's data, strictly.
    ///
    /// A version newer than the type knows is read as the newest it knows: versions only add.
    /// - Throws: `UndecodableEvent`, which makes the event a dead letter when a handler lets it through.
    @inlinable
    public func decode<E: Event>(_ event: E.Type = E.self) throws -> E {
        // The fields refer to the entries' memory, and nothing else may be left that keeps it.
        defer { withExtendedLifetime(self) {} }
        guard let fields = fields(of: event) else { return try EventCoding.decode(event, from: data) }
        do {
            return try E(reading: fields)
        } catch {
            throw UndecodableEvent.reading(E.type, error)
        }
    }

    @usableFromInline
    func fields(of event: any Event.Type) -> EventFields? { entries.fields(index, of: event) }

    @usableFromInline
    var data: [UInt8] { Array(entries.rows[index].attributes.data) }
}

extension Delivery: Hashable {
    /// Whether place and envelope are the same.
    public static func == (left: Self, right: Self) -> Bool {
        (left.entries === right.entries && left.index == right.index)
            || (left.entryID == right.entryID && left.partition == right.partition && left.envelope == right.envelope)
    }

    /// By its place and the event's id.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(partition)
        hasher.combine(entryID)
        hasher.combine(id)
    }
}
