import Postgres
import StrictJSON

/// Makes entries of rows of the log. A row's bytes go straight into its command: a Swift value for each attribute of each
/// event cost more than all else that the relay does.
///
/// Used again for the next rows, and its memory with it. A value, so that its owner takes access to all of it once for all rows:
/// of an object each attribute of each event would have its access checked.
struct LogEntryReader: ~Copyable {
    /// Of a row that was adopted although no reader takes its entry: what it would be in words that a reader takes nobody knows, so
    /// whoever makes the stream again has to say that it is a dead letter, as it was.
    static let versionOfUnreadable: Int32 = 0
    /// What a row has to have, in this order.
    static let columns: StaticString =
        "topic, partition, position, milliseconds, event_id, type, version, key, time, traceparent, data"

    private struct Run {
        let partition: Partition
        /// Where the first command begins.
        let start: Int
        var ids: [EntryID] = []
        /// Where each command ends.
        var ends: [Int] = []
    }

    private let naming: StreamNaming
    private let sources: [TopicName: String]
    private var memory = CommandMemory()
    private var runs: [Run] = []

    // Of the row before, and the parts of the command that follow from it: most rows have them in common.
    private var topic: [UInt8] = []
    private var number: Int32?
    private var type: [UInt8] = []
    private var version: Int32?
    private var second = Int64.min
    private var source = ""
    /// The command's name and the stream's.
    private var stream: [UInt8] = []
    /// With how many arguments there are before them.
    private var beginning: [UInt8] = []
    private var tracedBeginning: [UInt8] = []
    /// From the end of the event's id.
    private var beforeKey: [UInt8] = []
    /// Up to the milliseconds.
    private var beforeMilliseconds: [UInt8] = []
    private var schema: [UInt8] = []
    /// Rows that have no position yet: see `UncheckedRow`.
    private(set) var unchecked: [UncheckedRow] = []
    /// There was a row without a partition, which says that delayed events are due.
    private(set) var hasDue = false
    private var json = JSONReader()

    init(naming: StreamNaming, sources: [TopicName: String]) {
        self.naming = naming
        self.sources = sources
    }

    /// Forgets what was read before. The entries made of it stay as they are.
    mutating func begin() {
        CommandMemory.renew(&memory)
        runs = []
        unchecked = []
        hasDue = false
        number = nil
    }

    /// The entries of all rows that were read.
    func finish() -> [LogRun] {
        runs.map { run in
            var entries: [LogEntry] = []
            entries.reserveCapacity(run.ids.count)
            var start = run.start
            for (id, end) in zip(run.ids, run.ends) {
                entries.append(LogEntry(id: id, memory: memory, range: start..<end))
                start = end
            }
            return LogRun(partition: run.partition, entries: entries)
        }
    }

    // MARK: Rows

    /// - Parameter isStrict: Whether the row may be one that no reader takes, from before such rows were refused: its entry then
    ///   says so, and it is a dead letter wherever it is read. Rows that were looked at just now are not looked at again.
    mutating func read(_ row: borrowing Row, isStrict: Bool = false) throws {
        guard try !row.isNull(2) else { return try noteUnplaced(row) }
        // Of a topic that this contract does not have: it is in the log for the relay that has it.
        guard try notePartition(row) else { return }
        let time = try? row.decode(8, as: Timestamp.self)
        guard !isStrict, let time, time.isInYears else { return try readStrictly(row, time) }
        try noteType(row)
        try append(row, at: time, problem: nil)
    }

    private mutating func noteUnplaced(_ row: borrowing Row) throws {
        guard try !row.isNull(1) else { return hasDue = true }
        unchecked.append(try UncheckedRow(row))
    }

    private mutating func readStrictly(_ row: borrowing Row, _ time: Timestamp?) throws {
        let type = try bytes(row, 5, "type")
        let version: Int32 = try row.decode(6)
        let problem =
            version == Self.versionOfUnreadable
            ? "it could not be read when it was found in the stream"
            : EntryReader.problem(
                type: type,
                version: version,
                key: try bytes(row, 7, "key"),
                time: time,
                data: try bytes(row, 10, "data"),
                &json
            )
        if type.count > Self.mostOfType {
            // As much of it as there is room for: the whole of it is in the log.
            let start = String(decoding: type, as: UTF8.self).unicodeScalars.prefix(Self.mostOfType / 4)
            note(type: String(start), version: 1)
            self.type = []
            self.version = nil
        } else if version < 1 {
            // The entry's schema names a version that there may be.
            note(type: try row.decode(5), version: 1)
            self.version = nil
        } else {
            try noteType(row)
        }
        try append(row, at: (time ?? Timestamp(milliseconds: 0)).inYears, problem: problem)
    }

    private mutating func append(_ row: borrowing Row, at time: Timestamp, problem: String?) throws {
        let time = time.milliseconds
        note(second: time.quotient(dividingBy: 1000))
        let id = EntryID(milliseconds: try row.decode(3), position: try row.decode(2))
        let eventID = try bytes(row, 4, "event_id")
        let key = try bytes(row, 7, "key")
        let trace = try row.bytes(9)
        let data = try bytes(row, 10, "data")
        let reason =
            problem.map { Self.arguments(EntryReader.problemField.description, "no reader takes it: \($0)") } ?? []

        let parts =
            tracedBeginning.count + Self.beforeID.count + beforeKey.count + beforeMilliseconds.count + schema.count
            + Self.traceparent.count + Self.data.count + reason.count
        let values = 3 * eventID.count + key.count + (trace?.count ?? 0) + data.count
        // The entry's id is as long as two frames at most.
        memory.write(atMost: parts + values + 8 * CommandWriter.frame) { command in
            command.append(beginning(traced: trace != nil, withProblem: problem != nil))
            command.appendArgument(id)
            command.append(Self.beforeID)
            command.appendUUIDText(eventID)
            command.append(beforeKey)
            command.appendArgument(key)
            command.append(beforeMilliseconds)
            command.appendMilliseconds(Int(time - second * 1000))
            command.append(schema)
            if let trace {
                command.append(Self.traceparent)
                command.appendArgument(trace)
            }
            command.append(reason)
            command.append(Self.data)
            command.appendArgument(data)
        }
        runs[runs.count - 1].ids.append(id)
        runs[runs.count - 1].ends.append(memory.count)
    }

    /// The bytes of a column, which are lent as long as the row is.
    private func bytes(_ row: borrowing Row, _ column: Int, _ name: String) throws -> UnsafeRawBufferPointer {
        guard let bytes = try row.bytes(column) else { throw SchemaProblem.missingValue(name) }
        return bytes
    }

    /// - Returns: Whether the topic is one of ours.
    private mutating func notePartition(_ row: borrowing Row) throws -> Bool {
        let next = try row.decode(1, as: Int32.self)
        if try next == number && topic.isSame(as: bytes(row, 0, "topic")) { return true }
        let name = TopicName(rawValue: try row.decode(0))
        let partition = Partition(name, PartitionNumber(rawValue: Int(next)))
        guard let owner = sources[name] else { return false }
        topic = Array(name.rawValue.utf8)
        number = next
        version = nil
        source = owner
        stream = Self.arguments("XADD", naming.key(partition))
        beginning = Array("*19\r\n".utf8) + stream
        tracedBeginning = Array("*21\r\n".utf8) + stream
        runs.append(Run(partition: partition, start: memory.count))
        return true
    }

    /// Up to the stream's name.
    private func beginning(traced: Bool, withProblem: Bool) -> [UInt8] {
        guard withProblem else { return traced ? tracedBeginning : beginning }
        return Array((traced ? "*23\r\n" : "*21\r\n").utf8) + stream
    }

    private mutating func noteType(_ row: borrowing Row) throws {
        let next = try row.decode(6, as: Int32.self)
        if try next == version && type.isSame(as: bytes(row, 5, "type")) { return }
        note(type: try row.decode(5, as: String.self), version: next)
    }

    private mutating func note(type name: String, version number: Int32) {
        type = Array(name.utf8)
        version = number
        beforeKey = Array("\r\n".utf8)
        beforeKey += Self.arguments("source", source, "type", name, "subject")
        schema = Self.arguments("dataschema", "\(name)/\(number)")
    }

    /// With the slash and a version of ten digits it is an attribute.
    private static let mostOfType = Envelope.Limits.attribute - 11

    private mutating func note(second: Int64) {
        guard second != self.second else { return }
        self.second = second
        // Without what stands for the milliseconds: `.000Z`.
        let date = Timestamp(milliseconds: second * 1000).description.dropLast(5)
        beforeMilliseconds = Self.arguments("time") + Array("$\(date.utf8.count + 5)\r\n\(date)".utf8)
    }

    // MARK: What is the same in each command

    /// Up to the event's id, which has 36 characters.
    private static let beforeID = arguments("specversion", "1.0", "id") + Array("$36\r\n".utf8)
    private static let traceparent = arguments("traceparent")
    private static let data = arguments("data")

    private static func arguments(_ texts: String...) -> [UInt8] {
        texts.flatMap { Array("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
    }
}

extension [UInt8] {
    fileprivate func isSame(as bytes: UnsafeRawBufferPointer) -> Bool {
        withUnsafeBytes { $0.hasBytes(of: bytes) }
    }
}

extension Int64 {
    /// Rounded down.
    fileprivate func quotient(dividingBy divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
