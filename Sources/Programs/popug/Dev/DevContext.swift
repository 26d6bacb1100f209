/// The config file by which `perch` finds these servers.
struct DevContext {
    let environment: DevEnvironment
    let path: String

    /// Writes it anew at each start, for the ports may be others; only its owner reads it.
    func write() throws {
        let redis = environment.redis.url(user: "operator", password: environment.operatorPassword)
        let databases = environment.services.keys.sorted().map { service in
            "      \(service): \(quoted(environment.databaseURL(service)))\n"
        }
        try PrivateFile.write(
            """
            # Written by popug dev at each start.
            current: dev
            contexts:
              dev:
                redis: \(quoted(redis))
                streams: \(quoted(environment.streams))
                databases:
            \(databases.joined())
            """,
            to: path
        )
    }

    /// How to use it.
    var example: String {
        """

        perch     export PERCH_CONFIG=\(path)
                  perch groups --watch

        """
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
