import CLibPQ
package import Executors

/// Where a Postgres database is and how long to wait for it.
public struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// How long making a connection may take, for each host of the URL and each address of a host's name: they are tried one
    /// after the other, the one that served last first. Default 5 s, or the URL's `connect_timeout` (in seconds, `0.5` too). The
    /// system's name look-up is not bounded by it. An attempt at a frozen server takes all of this time, since the operating system
    /// accepts the connection for it.
    public var connectTimeout: Duration = .seconds(5)

    /// How long the server may be silent while a call waits for it; then the connection is dead. Default 30 s, or the URL's
    /// `reply_timeout` (in seconds, `0.5` too).
    ///
    /// It bounds every single wait, not a whole transaction: a server that keeps answering is waited for. The server
    /// may work on for a while; bound that with its `statement_timeout`. A frozen server costs whoever uses a connection so much,
    /// once; shorter, and a statement that takes long, or waits for a lock, is given up.
    public var replyTimeout: Duration = .seconds(30)

    /// How the connection is named in `pg_stat_activity`. Default: the URL's `application_name`, else the program's name.
    public var applicationName: String

    /// For how long a connection has the same session of the server. Default: for its whole life, or the URL's `pooled`:
    /// `session` or `transaction`.
    public var pooling = Pooling.session

    /// For how long a connection has the same session of the server.
    public enum Pooling: Sendable, Hashable {
        /// For its whole life: nothing stands between, or a pooler in session mode.
        case session
        /// For a transaction, from a pooler in transaction mode. Statements are not prepared by name then, since the next one may meet
        /// a session that does not know them: each is parsed and planned anew. Publishers and what answers HTTP work so; workers,
        /// relays and migrations need a session of their own, and refuse.
        case transaction
    }

    /// How many prepared statements a connection keeps, the least recently used leave first. Default 500.
    public var preparedStatementLimit = 500

    /// Cuts waits short: once it is raised, no answer is waited for past its deadline.
    package var stop: StopSignal?

    /// Whether only a server that takes writes will do: others are passed over when connecting, and a connection to a server that
    /// becomes read-only is given up. Default: only a refused write ends the connection.
    package var mustBeWritable = false

    /// libpq's connection URI, with the password.
    let url: String
    /// What the URI says, without the password.
    let options: [String: String]
    /// Shared by all copies.
    let memory = PlaceMemory<PostgresHost>()
    private let place: String

    /// The database at a [connection URI](https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING):
    /// `postgresql://user:password@host:5432/database?sslmode=verify-full`, or a socket's folder as the host,
    /// percent-encoded: `postgresql://%2Frun%2Fpostgresql/database`; several hosts are separated by commas. What the URI leaves
    /// out is taken from libpq's environment variables and defaults. Three parameters are not libpq's: `connect_timeout` and
    /// `reply_timeout`, in seconds, and `pooled`.
    ///
    /// - Throws: `.misuse`, never quoting the URL, since a wrong URL may show its password anywhere.
    public init(url: String) throws(PostgresError) {
        let expected = "expected postgresql://[user[:password]@][host][:port][/database][?parameter=value]"
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw PostgresError(.misuse, "the database URL has the wrong scheme; \(expected)")
        }
        let advice = "\(expected), special characters of the password percent-encoded"
        guard Self.separatesCredentials(url), !url.utf8.contains(0) else {
            throw PostgresError(.misuse, "the database URL cannot be taken apart without doubt; \(advice)")
        }
        let own = try OwnParameters(url)
        guard var options = Self.parse(own.rest) else {
            throw PostgresError(.misuse, "the database URL cannot be read; \(advice)")
        }
        for secret in ["password", "sslpassword"] { options[secret] = nil }
        for port in (options["port"] ?? "").split(separator: ",") where UInt16(port) == nil {
            throw PostgresError(.misuse, "the port of the database URL is not a number up to 65535")
        }
        self.url = own.rest
        self.options = options
        if let connect = own.connect { connectTimeout = connect }
        if let reply = own.reply { replyTimeout = reply }
        if let pooling = own.pooling { self.pooling = pooling }
        applicationName = options["application_name"] ?? Self.programName
        place =
            (options["user"].map { "\($0)@" } ?? "") + Self.servers(options)
            + (options["dbname"].map { "/\($0)" } ?? "")
    }

    /// User, host, port and database. Never the password.
    public var description: String { "Postgres at \(place)" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// Shows the place and the times, never the URL.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "place": place, "connectTimeout": connectTimeout, "replyTimeout": replyTimeout,
                "applicationName": applicationName, "pooling": pooling,
            ]
        )
    }

    /// A `/` or a second `@` in front of the host's end is a password that was not percent-encoded: libpq would take a
    /// part of it for the host and quote it in its messages.
    private static func separatesCredentials(_ url: String) -> Bool {
        // Up to the first colon is the scheme, then two slashes.
        let place = url.drop { $0 != ":" }.dropFirst(3)
        let rest = place.prefix { $0 != "?" }
        guard let at = rest.firstIndex(of: "@") else { return !place.contains("@") }
        return !rest[..<at].contains("/") && !rest[rest.index(after: at)...].contains("@")
    }

    private static func parse(_ url: String) -> [String: String]? {
        guard let list = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(list) }
        return dictionary(of: list)
    }

    /// `db1:5432,db2:5433`, where there is a port for each host; else as libpq has both.
    private static func servers(_ options: [String: String]) -> String {
        let hosts = options["host"] ?? options["hostaddr"] ?? "local"
        guard let ports = options["port"] else { return hosts }
        let names = hosts.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = ports.split(separator: ",", omittingEmptySubsequences: false)
        guard names.count == numbers.count else { return "\(hosts):\(ports)" }
        return zip(names, numbers).map { $1.isEmpty ? "\($0)" : "\($0):\($1)" }.joined(separator: ",")
    }

    static func dictionary(of list: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var options: [String: String] = [:]
        var option = list
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                options[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return options
    }

    private static var programName: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "swift"
    }
}
