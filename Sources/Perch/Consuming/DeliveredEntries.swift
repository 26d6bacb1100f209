import FoundationEssentials
import Postgres
import Redis

/// The entries of one partition that one read has delivered, up to the first that is not ours. They stay where the read's
/// reply was built, checked once; beside them is a table with a row for each. A `Delivery` is a row of it.
///
/// Why `@unchecked Sendable`: rows, texts and nodes are written in `init` and never changed, and lie in a memory that is kept
/// with this.
final class DeliveredEntries: @unchecked Sendable {
    let partition: Partition
    /// The expected one, as each of them has it.
    let source: String
    let kinds: [EventKind]
    /// Whether an entry follows that is not ours.
    let isCut: Bool
    let rows: UnsafeBufferPointer<Row>
    private let memory: ReplyMemory

    struct Row {
        let entryID: EntryID
        let attributes: EntryAttributes
        /// Of the data; nil: it has not been read as JSON, or its nodes are too many to be kept.
        let nodes: UnsafePointer<JSONNode>?
    }

    /// The nodes of a larger event are made again when it is decoded: of 64 KiB they could take half a megabyte.
    private static let mostNodes = 64

    /// - Parameter entries: `[[id, [name, value, …]], …]`, in this memory.
    init(
        _ entries: borrowing RedisReply,
        of partition: Partition,
        source: String,
        in memory: ReplyMemory
    ) throws {
        let count = try entries.count
        let rows = memory.allocate(byteCount: count * MemoryLayout<Row>.stride)
            .bindMemory(to: Row.self, capacity: count)
        var reader = EntryReader(source: source)
        var read = 0
        while read < count {
            let row = try entries.withElement(read) { try Self.row($0, &reader, in: memory) }
            guard let row else { break }
            (rows + read).initialize(to: row)
            read += 1
        }
        self.partition = partition
        self.source = source
        self.kinds = reader.kinds
        self.isCut = read < count
        self.rows = UnsafeBufferPointer(start: rows, count: read)
        self.memory = memory
    }

    /// One entry of an envelope that is taken as it is.
    init(_ envelope: Envelope, at entryID: EntryID, of partition: Partition) {
        var texts = [Array(envelope.subject.utf8), envelope.data]
        if let traceparent = envelope.traceparent { texts.append(Array(traceparent.utf8)) }
        let size = MemoryLayout<Row>.stride + texts.reduce(0) { $0 + $1.count + 8 }
        let memory = ReplyMemory(capacity: size)
        let row = memory.allocate(byteCount: MemoryLayout<Row>.stride).bindMemory(to: Row.self, capacity: 1)
        let places = texts.map { text in
            let place = UnsafeMutableRawBufferPointer(start: memory.allocate(byteCount: text.count), count: text.count)
            place.copyBytes(from: text)
            return UnsafeRawBufferPointer(place)
        }
        row.initialize(
            to: Row(
                entryID: entryID,
                attributes: EntryAttributes(
                    id: envelope.id,
                    time: envelope.time,
                    kind: 0,
                    subject: places[0],
                    traceparent: places.count > 2 ? places[2] : nil,
                    data: places[1]
                ),
                nodes: nil
            )
        )
        self.partition = partition
        self.source = envelope.source
        self.kinds = [EventKind(type: envelope.type, version: envelope.version)]
        self.isCut = false
        self.rows = UnsafeBufferPointer(start: row, count: 1)
        self.memory = memory
    }

    /// Reads `[id, [name, value, …]]`; nil: it is foreign.
    private static func row(
        _ entry: borrowing RedisReply,
        _ reader: inout EntryReader,
        in memory: ReplyMemory
    ) throws -> Row? {
        guard let id = try entry.withElement(0, { try $0.withBytes { EntryID(utf8: $0) } }),
            let attributes = try entry.withElement(1, { reader.read($0) })
        else { return nil }
        let count = reader.nodes.count
        guard count <= mostNodes else { return Row(entryID: id, attributes: attributes, nodes: nil) }
        let nodes = memory.allocate(byteCount: count * MemoryLayout<JSONNode>.stride)
            .bindMemory(to: JSONNode.self, capacity: count)
        reader.nodes.withUnsafeBufferPointer { found in
            // The nodes of an object are at least one.
            nodes.initialize(from: found.baseAddress.unsafelyUnwrapped, count: count)
        }
        return Row(entryID: id, attributes: attributes, nodes: nodes)
    }

    // MARK: Of a row

    func kind(_ index: Int) -> EventKind { kinds[rows[index].attributes.kind] }

    func subject(_ index: Int) -> String { String(decoding: rows[index].attributes.subject, as: UTF8.self) }

    func traceparent(_ index: Int) -> String? {
        rows[index].attributes.traceparent.map { String(decoding: $0, as: UTF8.self) }
    }

    func envelope(_ index: Int) -> Envelope { Envelope(rows[index].attributes, kind(index), source: source) }

    func decode<E: Event>(_ event: E.Type, at index: Int) throws(UndecodableEvent) -> E {
        let row = rows[index]
        guard let nodes = row.nodes else { return try EventCoding.decode(event, from: Array(row.attributes.data)) }
        return try JSONDocument(row.attributes.data, nodes: nodes, owner: self).read(event)
    }
}
