import Postgres

extension PostgresConfiguration {
    /// A database of a private server. A busy machine is waited for: nobody else uses the server, and a test judges no machine.
    init(privateURL url: String) throws {
        try self.init(url: url)
        connectTimeout = .seconds(600)
        replyTimeout = .seconds(600)
    }
}
