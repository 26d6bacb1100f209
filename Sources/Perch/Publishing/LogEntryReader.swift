import Postgres

/// Makes entries of rows of the log. A row's bytes go straight into its command: a Swift value for each attribute of each
/// event cost more than all else that the relay does.
struct LogEntryReader {
    /// What a row has to have, in this order.
    static let columns: StaticString =
        "topic, partition, position, milliseconds, event_id, type, version, key, time, traceparent, data"

    private struct Run {
        let partition: Partition
        var ids: [EntryID] = []
        /// Where each command ends.
        var ends: [Int] = []
    }

    private let naming: StreamNaming
    private let sources: [TopicName: String]
    private var bytes: [UInt8] = []
    private var runs: [Run] = []

    // Of the row before, and the arguments that follow from it: most rows have them in common.
    private var topic: [UInt8] = []
    private var number: Int32 = -1
    private var type: [UInt8] = []
    private var version: Int32 = -1
    private var second = Int64.min
    private var stream: [UInt8] = []
    private var source: [UInt8] = []
    private var typeArguments: [UInt8] = []
    private var schemaArguments: [UInt8] = []
    /// The time's text up to its milliseconds.
    private var date: [UInt8] = []

    init(naming: StreamNaming, sources: [TopicName: String]) {
        self.naming = naming
        self.sources = sources
    }

    /// The entries of all rows that were read.
    func finish() -> [LogRun] {
        var start = 0
        return runs.map { run in
            var entries: [LogEntry] = []
            entries.reserveCapacity(run.ids.count)
            for (id, end) in zip(run.ids, run.ends) {
                entries.append(LogEntry(id: id, command: bytes[start..<end]))
                start = end
            }
            return LogRun(partition: run.partition, entries: entries)
        }
    }

    // MARK: Rows

    mutating func read(_ row: borrowing Row) throws {
        try notePartition(row)
        try noteType(row)
        let time = try row.decode(8, as: Timestamp.self).milliseconds
        note(second: time.quotient(dividingBy: 1000))
        let id = EntryID(milliseconds: try row.decode(3), position: try row.decode(2))
        let isTraced = try row.withBytes(9) { _ in }

        bytes += isTraced ? Self.tracedBeginning : Self.beginning
        bytes += stream
        bytes.appendArgument(id)
        bytes += Self.beforeID
        try require(row.withBytes(4) { bytes.appendUUID($0) }, "event_id")
        bytes += typeArguments
        try require(row.withBytes(7) { bytes.appendArgument($0) }, "key")
        bytes += Self.time
        bytes.appendArgumentLength(date.count + 5)
        bytes += date
        bytes.appendMilliseconds(Int(time - second * 1000))
        bytes.appendLineEnd()
        bytes += schemaArguments
        if isTraced {
            bytes += Self.traceparent
            _ = try row.withBytes(9) { bytes.appendArgument($0) }
        }
        bytes += Self.data
        try require(row.withBytes(10) { bytes.appendArgument($0) }, "data")
        runs[runs.count - 1].ids.append(id)
        runs[runs.count - 1].ends.append(bytes.count)
    }

    private func require(_ isThere: Bool, _ column: String) throws {
        if !isThere { throw SchemaProblem.missingValue(column) }
    }

    private mutating func notePartition(_ row: borrowing Row) throws {
        let next = try row.decode(1, as: Int32.self)
        var isSame = false
        try require(row.withBytes(0) { isSame = $0.elementsEqual(topic) }, "topic")
        if isSame, next == number { return }
        let name = TopicName(rawValue: try row.decode(0))
        let partition = Partition(name, PartitionNumber(rawValue: Int(next)))
        guard let owner = sources[name] else { throw SchemaProblem.partitionNotDeclared(partition) }
        topic = Array(name.rawValue.utf8)
        number = next
        version = -1
        stream = []
        stream.appendArgument(naming.key(partition).utf8)
        source = Array(owner.utf8)
        runs.append(Run(partition: partition))
    }

    private mutating func noteType(_ row: borrowing Row) throws {
        let next = try row.decode(6, as: Int32.self)
        var isSame = false
        try require(row.withBytes(5) { isSame = $0.elementsEqual(type) }, "type")
        if isSame, next == version { return }
        type = Array(try row.decode(5, as: String.self).utf8)
        version = next
        typeArguments = Self.source
        typeArguments.appendArgument(source)
        typeArguments += Self.type
        typeArguments.appendArgument(type)
        typeArguments += Self.subject
        schemaArguments = Self.dataschema
        schemaArguments.appendArgument(type + Array("/\(next)".utf8))
    }

    private mutating func note(second: Int64) {
        guard second != self.second else { return }
        self.second = second
        date = Array(Timestamp(milliseconds: second * 1000).description.utf8.dropLast(5))
    }

    // MARK: What is the same in each command

    private static let beginning = commandBeginning(arguments: 19)
    private static let tracedBeginning = commandBeginning(arguments: 21)
    private static let beforeID = arguments("specversion", "1.0", "id")
    private static let source = arguments("source")
    private static let type = arguments("type")
    private static let subject = arguments("subject")
    private static let time = arguments("time")
    private static let dataschema = arguments("dataschema")
    private static let traceparent = arguments("traceparent")
    private static let data = arguments("data")

    private static func commandBeginning(arguments count: Int) -> [UInt8] {
        Array("*\(count)\r\n".utf8) + arguments("XADD")
    }

    private static func arguments(_ texts: String...) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts { bytes.appendArgument(text.utf8) }
        return bytes
    }
}

extension Int64 {
    /// Rounded down.
    fileprivate func quotient(dividingBy divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Arguments of a command as Redis reads them: `$LENGTH`, a line's end, the bytes, a line's end.
extension [UInt8] {
    fileprivate mutating func appendArgument(_ argument: some Collection<UInt8>) {
        appendArgumentLength(argument.count)
        append(contentsOf: argument)
        appendLineEnd()
    }

    fileprivate mutating func appendArgument(_ id: EntryID) {
        appendArgumentLength(id.milliseconds.digitCount + 1 + id.position.digitCount)
        append(decimal: id.milliseconds)
        append(UInt8(ascii: "-"))
        append(decimal: id.position)
        appendLineEnd()
    }

    /// A UUID's sixteen bytes as text.
    fileprivate mutating func appendUUID(_ uuid: UnsafeRawBufferPointer) {
        appendArgumentLength(36)
        appendUUIDText(uuid)
        appendLineEnd()
    }

    fileprivate mutating func appendMilliseconds(_ rest: Int) {
        append(UInt8(ascii: "."))
        append(UInt8(ascii: "0") + UInt8(rest / 100))
        append(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(rest % 10))
        append(UInt8(ascii: "Z"))
    }

    fileprivate mutating func appendArgumentLength(_ count: Int) {
        append(UInt8(ascii: "$"))
        append(decimal: Int64(count))
        appendLineEnd()
    }

    fileprivate mutating func appendLineEnd() {
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }
}
