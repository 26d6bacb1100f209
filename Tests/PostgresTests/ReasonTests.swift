import LocalServers
import Testing

@testable import Postgres

/// What `description` says, which is what logs have: enough to tell causes apart, and no data.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ReasonTests {
    private func reason(_ url: String) -> String {
        postgresError { _ = try PostgresConnection(PostgresConfiguration(url: url)) }?.description ?? "none"
    }

    @Test func causesOfAFailedConnectionAreToldApart() throws {
        let server = try LocalPostgres(authentication: .password("right"), settings: ["max_connections": "8"])
        try server.start()
        let place = "127.0.0.1:\(server.port)"
        let good = "postgresql://postgres:right@\(place)/postgres"
        let reasons = [
            reason("postgresql://postgres:wr0ng@\(place)/postgres"),
            reason("postgresql://postgres:right@\(place)/shpo"),
            reason("postgresql://nobody:right@\(place)/postgres"),
            reason("postgresql://postgres:right@127.0.0.1:1/postgres"),
            reason("\(good)?sslmode=require"),
            reason("postgresql://postgres:right@nobody.invalid/postgres"),
        ]
        let expected = [
            ["password authentication failed", place, "/postgres"], ["database \"shpo\" does not exist"],
            ["authentication failed", "nobody"], ["127.0.0.1:1/postgres", "refused"], ["SSL"],
            ["nobody.invalid", "could not translate host name"],
        ]
        for (reason, words) in zip(reasons, expected) {
            #expect(reason.hasPrefix("connectionFailed: cannot connect to Postgres at "), "\(reason)")
            for word in words { #expect(reason.contains(word), "\(word) in: \(reason)") }
            #expect(!reason.contains("right") && !reason.contains("wr0ng"), "\(reason)")
            #expect(!reason.contains("\n"))
        }
        #expect(Set(reasons).count == reasons.count)

        var connections: [PostgresConnection] = []
        var last = "none"
        while connections.count < 20, last == "none" {
            do {
                connections.append(try PostgresConnection(PostgresConfiguration(url: good)))
            } catch {
                last = "\(error)"
            }
        }
        #expect(last.contains("too many clients") || last.contains("connection slots"), "\(last)")
    }

    @Test func anEndedSessionSaysWhy() throws {
        let database = try TestDatabase()
        let (victim, killer) = (try database.connect(), try database.connect())
        let pid = victim.backendPID
        #expect(try killer.value("SELECT pg_terminate_backend(\(pid), 10000)") == true)
        let error = postgresError { try victim.execute("SELECT 1") }
        #expect(error?.description.contains("terminating connection due to administrator command") == true)
        #expect(error?.sqlState == .adminShutdown)
    }

    @Test func aConstraintSaysWhatItsAuthorWroteAndNoValue() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript(
            """
            CREATE TABLE t (email text PRIMARY KEY, n int);
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE EXCEPTION 'topic % is not one of this database''s', 'orders'
                    USING ERRCODE = 'foreign_key_violation', HINT = 'See SELECT * FROM perch.topics.', DETAIL = NEW.email;
            END $$;
            INSERT INTO t VALUES ('anna@example.org', 1);
            """
        )
        let doubled = try #require(
            postgresError { try connection.execute("INSERT INTO t VALUES (\("anna@example.org"), 1)") }
        )
        #expect(doubled.description.contains("duplicate key value violates unique constraint \"t_pkey\""))
        #expect(!doubled.description.contains("anna") && doubled.fullDescription.contains("anna"))

        try connection.executeScript("CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse()")
        let refused = try #require(
            postgresError { try connection.execute("INSERT INTO t VALUES (\("bob@example.org"), 1)") }
        )
        #expect(refused.description.contains("topic orders is not one of this database's"))
        #expect(refused.description.contains("hint: See SELECT * FROM perch.topics."))
        #expect(!refused.description.contains("bob") && refused.fullDescription.contains("bob"))
    }

    @Test func aValueThatPostgresQuotesIsOnlyInTheFullText() throws {
        let connection = try TestDatabase().connect()
        let error = try #require(postgresError { try connection.execute("SELECT \("s3cret")::text::int") })
        #expect(error.sqlState == .invalidTextRepresentation)
        #expect(!error.description.contains("s3cret") && error.fullDescription.contains("s3cret"))
        let raised = try #require(
            postgresError { try connection.executeScript("DO $$ BEGIN RAISE EXCEPTION 'not s3cret'; END $$") }
        )
        #expect(!raised.description.contains("s3cret") && raised.fullDescription.contains("s3cret"))
    }

    @Test(arguments: ["42P01", "42703", "42883", "3F000"])
    func whatTheProgramWasWrittenForAndIsNotThere(state: String) {
        #expect(SQLState(rawValue: state).isMissingSchema)
    }

    @Test(arguments: ["42501", "28P01", "3D000", "53300", "57P03", "25006", "40001", "23505"])
    func whatTimeOrAnOperatorCures(state: String) {
        #expect(!SQLState(rawValue: state).isMissingSchema)
    }
}
