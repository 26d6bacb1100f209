import Executors

/// One connection of a pool, on its own thread.
actor PooledConnection {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let configuration: PostgresConfiguration
    private let companion: (any AnyObject & Sendable)?
    private var connection: PostgresConnection?

    init(_ configuration: PostgresConfiguration, number: Int, companion: (any AnyObject & Sendable)?) {
        self.configuration = configuration
        self.companion = companion
        executor = ThreadExecutor(name: "postgres-\(number)")
    }

    func transaction<R: Sendable>(
        isolation: Isolation,
        _ body: @Sendable (borrowing Transaction) throws -> R
    ) throws -> R {
        try wanted().transaction(isolation: isolation, body)
    }

    func query<T: Sendable>(_ sql: SQL, _ decode: @Sendable (borrowing Row) throws -> T) throws -> [T] {
        try wanted().query(sql, decode)
    }

    func execute(_ sql: SQL) throws -> Int {
        try wanted().execute(sql)
    }

    func close() {
        connection = nil
    }

    /// The connection, if there is still somebody who wants it: making a new one may have taken long.
    private func wanted() throws -> PostgresConnection {
        let connection = try live()
        try Task.checkCancellation()
        return connection
    }

    /// The connection; a new one where there is none, or the old one has died.
    private func live() throws(PostgresError) -> PostgresConnection {
        if let connection {
            connection.noticeEnd()
            if !connection.isDead { return connection }
        }
        connection = nil
        let made = try PostgresConnection(configuration)
        made.companion = companion
        connection = made
        return made
    }
}
