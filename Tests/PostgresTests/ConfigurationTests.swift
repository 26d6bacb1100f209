import Postgres
import Testing

@Suite struct ConfigurationTests {
    @Test func aConfigurationShowsItsPlaceAndNeverThePassword() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://anna:s3cret@db.example:5433/shop?sslmode=verify-full&application_name=till"
        )
        #expect(configuration.description == "Postgres at anna@db.example:5433/shop")
        #expect(configuration.applicationName == "till")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("s3cret"))
        }
    }

    @Test(arguments: [
        ("db1:1,db2:2", "db1:1,db2:2"), ("db1,db2:2", "db1,db2:2"), ("db1,db2", "db1,db2"), ("db1:7", "db1:7"),
    ]) func eachServerIsShownWithItsPort(servers: String, shown: String) throws {
        let configuration = try PostgresConfiguration(url: "postgresql://anna:s3cret@\(servers)/shop")
        #expect(configuration.description == "Postgres at anna@\(shown)/shop")
    }

    @Test func aSocketFolderIsAHost() throws {
        let configuration = try PostgresConfiguration(url: "postgres://anna@%2Frun%2Fpostgresql/shop")
        #expect(configuration.description == "Postgres at anna@/run/postgresql/shop")
    }

    @Test(arguments: [
        "", "s3cret", "mysql://anna:s3cret@db/shop", "host=db password=s3cret", "postgresql://anna:s3cret@db:port/shop",
        "postgresql://anna:s3cret@db:70000/shop", "postgresql://anna:s3/cret@db/shop",
        "postgresql://anna:s3@cret@db/shop",
        "postgresql://anna:s3?cret@db/shop", "postgresql://anna:s3cret@db/shop?nonsense=1",
        "postgresql://anna:%zz3cret@db/shop",
    ])
    func aWrongURLIsRefusedWithoutBeingQuoted(url: String) {
        let error = postgresError { _ = try PostgresConfiguration(url: url) }
        #expect(error?.code == .misuse)
        #expect(error?.fullDescription.contains("cret") == false)
    }

    @Test(arguments: [
        "pooled=", "pooled=statement", "pooled=transaction&pooled=transaction", "pooled",
        "reply_timeout=1&reply_timeout=1",
    ])
    func aParameterOfOursThatIsWrongOrStandsTwiceIsNamed(parameters: String) {
        let error = postgresError { _ = try PostgresConfiguration(url: "postgresql://h/x?\(parameters)") }
        #expect(error?.code == .misuse && error?.description.contains(parameters.prefix { $0 != "=" }) == true)
    }

    @Test func aFailedConnectionSaysWhereAndNotThePassword() throws {
        // Port 1 of the loopback: nobody listens.
        let configuration = try PostgresConfiguration(url: "postgresql://anna:s3cret@127.0.0.1:1/shop")
        let error = try #require(postgresError { _ = try PostgresConnection(configuration) })
        #expect(error.code == .connectionFailed)
        #expect(error.isRetriable && error.isConnectionDead)
        #expect(error.fullDescription.contains("127.0.0.1"))
        #expect(!error.fullDescription.contains("s3cret"))
    }

    @Test func connectingIsBounded() throws {
        let deaf = try DeafServer()
        var configuration = try PostgresConfiguration(
            url: "postgresql://anna@127.0.0.1:\(deaf.port)/shop?sslmode=disable"
        )
        configuration.connectTimeout = .milliseconds(150)
        let error = postgresError { _ = try PostgresConnection(configuration) }
        #expect(error?.code == .connectionFailed)
        // That it ends is the test: the server never answers, and libpq sets no limit of its own.
    }
}
