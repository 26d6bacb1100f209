public import Perch

extension LogKey {
    /// The keys of lines of ServiceKit, beside those that every line has.
    public static let service: [LogKey] = TraceLogKey.all + requests

    private static let requests = [
        LogKey("address", "where HTTP is served"),
        LogKey("connections", "how many are open"),
        LogKey("error", "the cause; no passwords"),
        LogKey("method", "the request's method"),
        LogKey("number", "names a failure on the page that told a person of it"),
        LogKey("path", "the call's path, `{ticket_id}` for what varies; of a page, as it was asked for"),
        LogKey("reason", "why a token is refused"),
        LogKey("route", "the call's path; empty where there is no such call"),
        LogKey("service", "the service whose program it is"),
        LogKey("workers", "how many workers the process has"),
    ]

    /// The keys of every line.
    public static let line: [LogKey] = LogLineKey.all
}
