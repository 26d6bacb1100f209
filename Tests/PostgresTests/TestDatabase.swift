import LocalServers
import Postgres

/// An empty database of its own for one test.
struct TestDatabase {
    let server: LocalPostgres
    let url: String

    init() throws {
        server = try LocalPostgres.shared()
        url = try server.createDatabase()
    }

    /// The way to it; a hung test fails instead of standing still.
    func configuration(replyTimeout: Duration = .seconds(20)) throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: url)
        configuration.replyTimeout = replyTimeout
        return configuration
    }

    func connect(replyTimeout: Duration = .seconds(20)) throws -> PostgresConnection {
        try PostgresConnection(configuration(replyTimeout: replyTimeout))
    }
}

extension PostgresConnection {
    /// A table `t` whose rows make COMMIT do what the text says.
    func createTable(onCommit action: String) throws {
        try executeScript(
            """
            CREATE TABLE t (id int8);
            CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM \(action); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION at_commit();
            """
        )
    }

    /// The one value of a query.
    func value<T: PostgresDecodable>(_ sql: SQL, as: T.Type = T.self) throws -> T? {
        try query(sql) { row in try row.decode(0, as: T.self) }.first
    }
}

extension Transaction {
    /// The one value of a query.
    func value<T: PostgresDecodable>(_ sql: SQL, as: T.Type = T.self) throws -> T? {
        try query(sql) { row in try row.decode(0, as: T.self) }.first
    }
}

/// The error that `body` throws, if it is one of Postgres.
func postgresError(_ body: () throws -> Void) -> PostgresError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PostgresError
    }
}
