import Executors

extension ConnectionHandle {
    /// Connects to the first server that serves: one at a time, each with its own deadline, the one that served last first.
    ///
    /// - Throws: `.connectionFailed`, with each one's reason.
    static func connected(to configuration: PostgresConfiguration) throws(PostgresError) -> ConnectionHandle {
        let hosts = configuration.memory.order(configuration.hosts())
        var failures: [(PostgresHost, PostgresError)] = []
        for attributes in configuration.sessionAttributes {
            for host in hosts {
                if configuration.stop?.isOverdue == true { break }
                do throws(PostgresError) {
                    let handle = try ConnectionHandle(configuration, to: host, as: attributes)
                    guard configuration.mustBeWritable, handle.isReadOnly else {
                        configuration.memory.noteGood(host)
                        return handle
                    }
                    handle.noteUnfit()
                    failures.append((host, .readOnly(configuration)))
                } catch {
                    failures.append((host, error))
                }
            }
        }
        throw failure(failures, configuration)
    }

    private static func failure(
        _ failures: [(PostgresHost, PostgresError)],
        _ configuration: PostgresConfiguration
    ) -> PostgresError {
        guard let last = failures.last?.1 else {
            return PostgresError(.connectionFailed, "cannot connect to \(configuration): the time to stop was over")
        }
        if failures.count == 1 { return last }
        var fields = last.fields
        fields.code = .connectionFailed
        fields.summary = "cannot connect to \(configuration)"
        fields.message = failures.map { "\($0): \($1.message)" }.joined(separator: "; ")
        return PostgresError(fields)
    }
}

extension PostgresError {
    /// A server that takes no writes, where one is needed that does.
    static func readOnly(_ configuration: PostgresConfiguration? = nil) -> PostgresError {
        var fields = Fields(
            code: configuration == nil ? .connectionLost : .connectionFailed,
            summary: configuration.map { "cannot connect to \($0)" } ?? "the connection to Postgres was given up",
            message: "the server takes no writes: it is a standby, or was made read-only"
        )
        fields.sqlState = .readOnlyTransaction
        return PostgresError(fields)
    }
}
