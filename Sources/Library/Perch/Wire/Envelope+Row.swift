package import Postgres

extension Envelope {
    /// Reads a row of `perch.failed_events`.
    package init(failedRow row: borrowing Row) throws {
        let (source, key) = (try row.decode("source", as: String.self), try row.decode("subject", as: String.self))
        try self.init(row, source: source, key: key, data: try row.decode("payload"))
    }

    /// Reads a row of the log, of the outbox or of the delayed events, whose `data` was read as text.
    ///
    /// - Parameter source: The service that has the row: it publishes nobody else's.
    package init(publishedRow row: borrowing Row, source: String) throws {
        let data = Array(try row.decode("data", as: String.self).utf8)
        try self.init(row, source: source, key: try row.decode("key"), data: data)
    }

    private init(_ row: borrowing Row, source: String, key: String, data: [UInt8]) throws {
        self.init(
            id: try row.decode("event_id"),
            source: source,
            type: try row.decode("type"),
            version: Int(try row.decode("version", as: Int32.self)),
            subject: key,
            time: try row.decode("time"),
            traceparent: try row.decodeIfPresent("traceparent"),
            data: data
        )
    }
}
