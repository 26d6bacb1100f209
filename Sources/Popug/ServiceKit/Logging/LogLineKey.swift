import Logging
import Perch

/// The keys that each line has, and what of its metadata it shows.
enum LogLineKey {
    static let time = LogKey("ts", "when, RFC 3339 in UTC with milliseconds")
    static let level = LogKey("level", "`trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`")
    static let logger = LogKey("logger", "who logs: `popug.tracker`")
    static let message = LogKey("msg", "what happened; the same text each time")
    static let all = [time, level, logger, message]

    private static let error = LogKey("error", "the error of the line, where it has one of its own")

    /// The metadata of a line, sorted by key. What the line says itself goes before what its moment, and that before what its
    /// logger says; the keys of the line's own parts are taken.
    static func metadata(
        of event: LogEvent,
        _ ofLogger: Logger.Metadata,
        _ provider: Logger.MetadataProvider?
    ) -> [(key: String, value: Logger.MetadataValue)] {
        var all = ofLogger
        if let provider { all.merge(provider.get()) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let thrown = event.error { all[error.name] = "\(thrown)" }
        for key in Self.all { all[key.name] = nil }
        return all.sorted { $0.key < $1.key }
    }
}
