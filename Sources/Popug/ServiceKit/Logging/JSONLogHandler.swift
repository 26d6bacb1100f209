public import Logging
import Perch
import Postgres
import StrictJSON

/// Logs one JSON object a line, for programs that collect logs. Numbers and booleans stay what they are where the metadata
/// has them as such (`.stringConvertible`).
public struct JSONLogHandler: LogHandler {
    /// What is less important is not logged.
    public var logLevel = Logger.Level.info
    /// In each line.
    public var metadata: Logger.Metadata = [:]
    /// Adds to each line what its moment knows.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput

    /// - Parameter metadataProvider: Default: trace and span.
    public init(
        label: String,
        output: LogOutput = .standardError,
        metadataProvider: Logger.MetadataProvider? = .traceContext
    ) {
        self.label = label
        self.output = output
        self.metadataProvider = metadataProvider
    }

    /// The metadata under a key.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the line.
    public func log(event: LogEvent) {
        var line = JSONLine()
        line.add(LogLineKey.time.name, Timestamp.now.description)
        line.add(LogLineKey.level.name, event.level.rawValue)
        line.add(LogLineKey.logger.name, label)
        line.add(LogLineKey.message.name, event.message.description)
        for (key, value) in LogLineKey.metadata(of: event, metadata, metadataProvider) { line.add(key, value) }
        output.write(line.finished())
    }
}

/// A JSON object while its members are added.
private struct JSONLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init() { bytes.reserveCapacity(256) }

    mutating func add(_ key: String, _ text: String) {
        begin(key)
        write(text)
    }

    mutating func add(_ key: String, _ value: Logger.MetadataValue) {
        begin(key)
        write(value)
    }

    func finished() -> [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    private mutating func begin(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        write(key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func write(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): write(text)
        case .stringConvertible(let value):
            switch value {
            case let number as any FixedWidthInteger: bytes += number.description.utf8
            case let number as Double where number.isFinite: bytes += number.description.utf8
            case let flag as Bool: bytes += (flag ? "true" : "false").utf8
            default: write(value.description)
            }
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(value)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func write(_ text: String) { bytes.appendAnyJSON(text) }
}
