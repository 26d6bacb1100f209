import FoundationEssentials
import Postgres
import Redis
import StrictJSON

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
    /// Whether some of them cannot be read, and are dead letters.
    let hasProblems: Bool
    /// Those of them that are ours only because of what follows them.
    let unreadable: [WorkerInput.UnreadableRun]
    let rows: UnsafeBufferPointer<Row>
    /// Those behind the rows, to the end of the read, if each of them counts on from the one before and none can be read: what
    /// follows them in the stream says whether they are ours.
    private let inDoubt: UnsafeBufferPointer<ReplyNode>
    private let memory: ReplyMemory

    struct Row {
        let entryID: EntryID
        let attributes: EntryAttributes
        /// Of the data; nil: it has not been read as JSON, or its nodes are too many to be kept.
        let nodes: UnsafePointer<JSONNode>?
    }

    /// The nodes of a larger event are made again when it is decoded: of 64 KiB they could take half a megabyte.
    private static let mostNodes = 64
    /// Among so many entries that follow one another the first that can be read says that those before it are ours: as many as
    /// the relay looks at at a time. Of what it does not take for ours nobody else may.
    static let longestRun = RelayProtocol.Settings().batchSize

    /// - Parameter entries: `[[id, [name, value, …]], …]`, in this memory.
    init(
        _ entries: borrowing RedisReply,
        of partition: Partition,
        source: String,
        in memory: ReplyMemory,
        mistakes: Mistakes = []
    ) throws {
        let elements = try entries.elements
        let rows = memory.allocate(byteCount: elements.count * MemoryLayout<Row>.stride)
            .bindMemory(to: Row.self, capacity: elements.count)
        var reader = EntryReader(source: source, mistakes: mistakes)
        var read = 0
        var hasProblems = false
        var unreadable: [WorkerInput.UnreadableRun] = []
        var inDoubt = UnsafeBufferPointer<ReplyNode>(start: nil, count: 0)
        while read < elements.count {
            guard let entry = elements[read].array, entry.count >= 2, entry[0].isText else {
                // Throws, and says what was expected.
                try entries.withElement(read) { entry in
                    try entry.withElement(0) { _ = try $0.bytes() }
                    try entry.withElement(1) { _ in }
                }
                break
            }
            guard let row = Self.row(entry, &reader, in: memory) else {
                let rest = UnsafeBufferPointer(rebasing: elements[read...])
                let (run, isEnd) = Self.unreadable(rest, &reader, in: memory)
                if isEnd { inDoubt = rest }
                guard let run else { break }
                unreadable.append(run)
                let count = run.positions.count
                for element in elements[read..<read + count] {
                    (rows + read).initialize(to: Self.salvaged(element, &reader, in: memory))
                    read += 1
                }
                hasProblems = true
                continue
            }
            if row.attributes.problem != nil { hasProblems = true }
            (rows + read).initialize(to: row)
            read += 1
        }
        self.partition = partition
        self.source = source
        self.kinds = reader.kinds
        self.isCut = read < elements.count
        self.hasProblems = hasProblems
        self.unreadable = unreadable
        self.rows = UnsafeBufferPointer(start: rows, count: read)
        self.inDoubt = inDoubt
        self.memory = memory
    }

    /// The same with those that are in doubt: they are ours.
    private init(takingThoseInDoubtOf cut: DeliveredEntries, followedBy follower: EntryID, from first: EntryID) {
        let (known, count) = (cut.rows.count, cut.rows.count + cut.inDoubt.count)
        let rows = cut.memory.allocate(byteCount: count * MemoryLayout<Row>.stride)
            .bindMemory(to: Row.self, capacity: count)
        var reader = EntryReader(source: cut.source, kinds: cut.kinds)
        for (index, row) in cut.rows.enumerated() { (rows + index).initialize(to: row) }
        for (index, element) in cut.inDoubt.enumerated() {
            (rows + known + index).initialize(to: Self.salvaged(element, &reader, in: cut.memory))
        }
        self.partition = cut.partition
        self.source = cut.source
        self.kinds = reader.kinds
        self.isCut = false
        self.hasProblems = true
        let last = first.position + Position(cut.inDoubt.count - 1)
        self.unreadable = cut.unreadable + [.init(positions: first.position...last, follower: follower)]
        self.rows = UnsafeBufferPointer(start: rows, count: count)
        self.inDoubt = UnsafeBufferPointer(start: nil, count: 0)
        self.memory = cut.memory
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
        self.hasProblems = false
        self.unreadable = []
        self.rows = UnsafeBufferPointer(start: row, count: 1)
        self.inDoubt = UnsafeBufferPointer(start: nil, count: 0)
        self.memory = memory
    }

    /// Reads `[id, [name, value, …]]`; nil: it is foreign.
    private static func row(
        _ entry: UnsafeBufferPointer<ReplyNode>,
        _ reader: inout EntryReader,
        in memory: ReplyMemory
    ) -> Row? {
        guard let id = entry[0].bytes.flatMap({ EntryID(utf8: $0) }), let fields = entry[1].array,
            let attributes = reader.read(fields)
        else { return nil }
        let count = reader.nodeCount
        guard attributes.problem == nil, count <= mostNodes else {
            return Row(entryID: id, attributes: attributes, nodes: nil)
        }
        let nodes = memory.allocate(byteCount: count * MemoryLayout<JSONNode>.stride)
            .bindMemory(to: JSONNode.self, capacity: count)
        reader.copyNodes(to: nodes)
        return Row(entryID: id, attributes: attributes, nodes: nodes)
    }

    /// Which of these entries, from the first on, cannot be read and are ours all the same: an entry of ours follows them and
    /// counts on from them. The relay appends nothing behind an entry that it has not given, and adopts what is there by this same
    /// rule, so the log has them. If all of them are such that one may follow, that is not known yet: they may be foreign, and be
    /// taken out.
    private static func unreadable(
        _ entries: UnsafeBufferPointer<ReplyNode>,
        _ reader: inout EntryReader,
        in memory: ReplyMemory
    ) -> (run: WorkerInput.UnreadableRun?, isEnd: Bool) {
        var previous: EntryID?
        var first: Position?
        for element in entries.prefix(longestRun) {
            guard let entry = element.array, entry.count >= 2, entry[1].array != nil, let id = id(of: element) else {
                return (nil, false)
            }
            if let previous, let first {
                guard id > previous, previous.position < .max, id.position == previous.position + 1 else {
                    return (nil, false)
                }
                if row(entry, &reader, in: memory) != nil {
                    return (.init(positions: first...previous.position, follower: id), false)
                }
            }
            previous = id
            first = first ?? id.position
        }
        return (nil, entries.count < longestRun)
    }

    private static func id(of entry: ReplyNode) -> EntryID? {
        entry.array?.first?.bytes.flatMap { EntryID(utf8: $0) }
    }

    private static func salvaged(_ entry: ReplyNode, _ reader: inout EntryReader, in memory: ReplyMemory) -> Row {
        guard let fields = entry.array?[1].array, let id = id(of: entry) else {
            preconditionFailure("an entry was counted as ours and has no id")
        }
        return Row(entryID: id, attributes: reader.salvage(fields, at: id, in: memory), nodes: nil)
    }

    // MARK: What is in doubt

    /// From where on the stream has to be read to know whether they are ours; nil: none is in doubt.
    var firstInDoubt: EntryID? { inDoubt.first.flatMap(Self.id) }

    /// With those in doubt, if they are ours; else as it is.
    ///
    /// - Parameter later: What the stream had at a later moment, from the first in doubt on. It has to have them as well as what
    ///   follows them: of two moments it might have been made again between, with another entry in the place of one of them.
    func settled(by later: DeliveredEntries) -> DeliveredEntries {
        guard let first = firstInDoubt, later.rows.count >= inDoubt.count,
            let run = later.unreadable.first(where: { $0.positions.contains(first.position) }),
            zip(later.rows, inDoubt).allSatisfy({ $0.attributes.problem != nil && $0.entryID == Self.id(of: $1) })
        else { return self }
        return DeliveredEntries(takingThoseInDoubtOf: self, followedBy: run.follower, from: first)
    }

    // MARK: Of a row

    /// Why it cannot be read; nil: it can.
    func problem(_ index: Int) -> String? {
        rows[index].attributes.problem.map { String(decoding: $0, as: UTF8.self) }
    }

    func kind(_ index: Int) -> EventKind { kinds[rows[index].attributes.kind] }

    func subject(_ index: Int) -> String { String(decoding: rows[index].attributes.subject, as: UTF8.self) }

    func traceparent(_ index: Int) -> String? {
        rows[index].attributes.traceparent.map { String(decoding: $0, as: UTF8.self) }
    }

    func envelope(_ index: Int) -> Envelope { Envelope(rows[index].attributes, kind(index), source: source) }

    /// The members of the data, to be read while this is kept; nil: its nodes have not been kept.
    func fields(_ index: Int, of event: any Event.Type) -> EventFields? {
        let row = rows[index]
        guard let nodes = row.nodes else { return nil }
        return EventFields(of: event, row.attributes.data, nodes, owner: self)
    }
}
