public import Logging
import Perch
import Postgres

/// Logs lines for people: time, level, who, what, then the metadata.
public struct TextLogHandler: LogHandler {
    /// What is less important is not logged.
    public var logLevel = Logger.Level.info
    /// In each line.
    public var metadata: Logger.Metadata = [:]
    /// Adds to each line what its moment knows.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput
    private let isColoured: Bool

    /// - Parameter metadataProvider: Default: trace and span.
    public init(
        label: String,
        output: LogOutput = .standardError,
        metadataProvider: Logger.MetadataProvider? = .traceContext
    ) {
        self.label = label
        self.output = output
        self.metadataProvider = metadataProvider
        isColoured = output.isTerminal
    }

    /// The metadata under a key.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the line.
    public func log(event: LogEvent) {
        let level = event.level.rawValue.uppercased()
        let padded = level + String(repeating: " ", count: max(0, 8 - level.utf8.count))
        let message = Self.harmless(event.message.description, quotes: false)
        var line = "\(Timestamp.now) \(coloured(padded, event.level)) \(label): \(message)"
        for (key, value) in LogLineKey.metadata(of: event, metadata, metadataProvider) {
            line += " \(Self.harmless(key, quotes: true))=\(Self.harmless(value.description, quotes: true))"
        }
        output.write(Array(line.utf8) + [UInt8(ascii: "\n")])
    }

    private func coloured(_ text: String, _ level: Logger.Level) -> String {
        guard isColoured else { return text }
        return switch level {
        case .critical, .error: "\u{1B}[31m\(text)\u{1B}[0m"
        case .warning: "\u{1B}[33m\(text)\u{1B}[0m"
        case .trace, .debug: "\u{1B}[2m\(text)\u{1B}[0m"
        case .info, .notice: text
        }
    }

    /// What comes from outside must neither begin a line of its own nor command the terminal.
    private static func harmless(_ text: String, quotes: Bool) -> String {
        var result = ""
        var needsQuotes = text.isEmpty
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\"" where quotes: result += "\\\""
            default: result += TerminalText.line(String(scalar))
            }
            if scalar == " " || scalar == "=" || scalar == "\"" { needsQuotes = true }
        }
        return quotes && needsQuotes ? "\"\(result)\"" : result
    }
}
