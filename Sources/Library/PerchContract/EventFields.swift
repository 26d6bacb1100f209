public import FoundationEssentials
package import StrictJSON
import Synchronization

/// The members of an event's data while the event is being read, lent to `Event.init(reading:)`.
///
/// Strict as `Decodable` is here, and with the same errors: a value of another kind, an integer written as `1.0` or one that
/// the type cannot hold is an `UndecodableEvent` with the field's name; members that nobody asks for are skipped. For an
/// optional, a missing member and `null` are nil.
public struct EventFields: ~Copyable {
    private let text: UnsafeRawBufferPointer
    private let nodes: UnsafePointer<JSONNode>
    /// Of the memory of both. It outlives the fields, which are only lent.
    private unowned(unsafe) let owner: any AnyObject & Sendable
    private let event: any Event.Type
    /// The place of the key behind the member that was read last: events read their members mostly in the order in which they
    /// were written. Atomic only because it changes while the fields are lent.
    private let next = Atomic(1)

    package init(
        of event: any Event.Type,
        _ text: UnsafeRawBufferPointer,
        _ nodes: UnsafePointer<JSONNode>,
        owner: any AnyObject & Sendable
    ) {
        self.event = event
        self.text = text
        self.nodes = nodes
        self.owner = owner
    }

    // MARK: Without Decodable

    /// The integer of that name.
    public subscript(_ name: StaticString) -> Int {
        get throws(UndecodableEvent) {
            if let integer: Int = member(name)?.integer(in: text) { return integer }
            return try decode(name)
        }
    }

    /// The integer of that name, if there is one.
    public subscript(_ name: StaticString) -> Int? {
        get throws(UndecodableEvent) {
            if let integer: Int = member(name)?.integer(in: text) { return integer }
            return try decodeIfPresent(name)
        }
    }

    /// The string of that name.
    public subscript(_ name: StaticString) -> String {
        get throws(UndecodableEvent) {
            if let node = member(name), node.kind == .string { return node.string(in: text) }
            return try decode(name)
        }
    }

    /// The string of that name, if there is one.
    public subscript(_ name: StaticString) -> String? {
        get throws(UndecodableEvent) {
            if let node = member(name), node.kind == .string { return node.string(in: text) }
            return try decodeIfPresent(name)
        }
    }

    /// The UUID of that name.
    public subscript(_ name: StaticString) -> UUID {
        get throws(UndecodableEvent) {
            if let id = member(name)?.withString(in: text, UUID.init(utf8:)) { return id }
            return try decode(name)
        }
    }

    /// The UUID of that name, if there is one.
    public subscript(_ name: StaticString) -> UUID? {
        get throws(UndecodableEvent) {
            if let id = member(name)?.withString(in: text, UUID.init(utf8:)) { return id }
            return try decodeIfPresent(name)
        }
    }

    /// The true or false of that name.
    public subscript(_ name: StaticString) -> Bool {
        get throws(UndecodableEvent) {
            if let boolean = member(name)?.boolean { return boolean }
            return try decode(name)
        }
    }

    /// The true or false of that name, if there is one.
    public subscript(_ name: StaticString) -> Bool? {
        get throws(UndecodableEvent) {
            if let boolean = member(name)?.boolean { return boolean }
            return try decodeIfPresent(name)
        }
    }

    @inline(__always)
    private func member(_ name: StaticString) -> JSONNode? {
        // A name of one letter may be a scalar and no text in memory.
        guard name.hasPointerRepresentation else {
            return name.withUTF8Buffer { member(UnsafeRawBufferPointer($0)) }
        }
        return member(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private func member(_ name: UnsafeRawBufferPointer) -> JSONNode? {
        let expected = next.load(ordering: .relaxed)
        guard let place = nodes.member(name, of: 0, expectedAt: expected, in: text) else { return nil }
        next.store(Int(nodes[place].next), ordering: .relaxed)
        return nodes[place]
    }

    // MARK: By Decodable

    /// A value of any other kind, as its `Decodable` reads it. Not for optionals, which are `Decodable` too.
    @_disfavoredOverload
    public subscript<T: Decodable>(_ name: StaticString) -> T {
        get throws(UndecodableEvent) { try decode(name) }
    }

    /// A value of any other kind, if there is one, as its `Decodable` reads it.
    public subscript<T: Decodable>(_ name: StaticString) -> T? {
        get throws(UndecodableEvent) { try decodeIfPresent(name) }
    }

    /// The event as its `Decodable` reads it.
    func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T { try decoding.decode(type) }

    private func decode<T: Decodable>(_ name: StaticString) throws(UndecodableEvent) -> T {
        do {
            return try decoding.container(keyedBy: JSONCodingKey.self).decode(T.self, forKey: JSONCodingKey("\(name)"))
        } catch {
            throw UndecodableEvent(error, type: event.type)
        }
    }

    private func decodeIfPresent<T: Decodable>(_ name: StaticString) throws(UndecodableEvent) -> T? {
        do {
            let members = try decoding.container(keyedBy: JSONCodingKey.self)
            return try members.decodeIfPresent(T.self, forKey: JSONCodingKey("\(name)"))
        } catch {
            throw UndecodableEvent(error, type: event.type)
        }
    }

    private var decoding: JSONDecoding {
        JSONDecoding(value: JSONDocument(text, nodes: nodes, owner: owner).root, codingPath: [])
    }
}

extension JSONDocument {
    /// Reads the event that the document is.
    func read<E: Event>(_ event: E.Type) throws(UndecodableEvent) -> E {
        do {
            return try withExtendedLifetime(owner) {
                try E(reading: EventFields(of: event, text, nodes, owner: owner))
            }
        } catch {
            throw UndecodableEvent.reading(E.type, error)
        }
    }
}
