import Foundation
import Logging
import Perch
import Postgres

/// Logs one JSON object a line to standard error, for programs that collect logs.
struct JSONLogHandler: LogHandler {
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line: [String: String] = [
            "ts": Timestamp.now.description, "level": event.level.rawValue, "logger": label,
            "msg": event.message.description,
        ]
        let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all where line[key] == nil { line[key] = value.description }
        if let error = event.error { line["error"] = String(describing: error) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var text = try? encoder.encode(line) else { return }
        text.append(0x0A)
        FileHandle.standardError.write(text)
    }
}
