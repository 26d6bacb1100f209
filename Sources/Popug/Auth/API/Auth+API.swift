public import HTTPKit
public import Logging
public import Postgres
public import ServiceKit

extension Auth {
    /// The HTTP API: users, sessions, and the keys that verify tokens. No program trusts it.
    ///
    /// - Parameters: as of `server`.
    public static func api(
        database: Database,
        hasher: PasswordHasher,
        issuer: Issuer,
        logger: Logger = Logger(label: "popug.auth"),
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> API {
        server(database: database, hasher: hasher, issuer: issuer, clients: .none, logger: logger, now: now).api
    }

    /// The API with the pages, for programs that people log in to by auth, and what has to run beside it.
    ///
    /// - Parameters:
    ///   - database: As the service's role.
    ///   - hasher: Share one in a process.
    ///   - issuer: What tokens name as their issuer, and where clients reach this.
    ///   - clients: The programs.
    ///   - places: Where the pages of all programs are. Default: there are only those of auth.
    ///   - now: For tests. Default: the system's clock.
    package static func server(
        database: Database,
        hasher: PasswordHasher,
        issuer: Issuer,
        clients: OpenIDClients,
        places: PopugPlaces? = nil,
        logger: Logger = Logger(label: "popug.auth"),
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> AuthServer {
        server(
            database: database,
            hasher: hasher,
            issuer: issuer,
            clients: clients,
            places: places,
            pace: .usual,
            logger: logger,
            now: now,
            instant: { .now }
        )
    }

    /// - Parameters:
    ///   - pace: How programs are told of ends of logins.
    ///   - instant: What requests are counted by: a clock that nobody sets.
    static func server(
        database: Database,
        hasher: PasswordHasher,
        issuer: Issuer,
        clients: OpenIDClients,
        places: PopugPlaces? = nil,
        pace: TellingPace,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        instant: @escaping @Sendable () -> ContinuousClock.Instant
    ) -> AuthServer {
        let keys = SigningKeys(database: database, logger: logger, now: now)
        let sessions = Sessions(database: database, keys: keys, issuer: issuer, logger: logger, now: now)
        let logins = Logins(
            database: database,
            hasher: hasher,
            sessions: sessions,
            attempts: LoginAttempts(now: now),
            census: PasswordCensus(now: now),
            logger: logger
        )
        let users = Users(hasher: hasher, now: now)
        let provider = Provider(
            clients: clients,
            issuer: issuer,
            keys: keys,
            logins: logins,
            users: users,
            pace: pace,
            logger: logger,
            now: now
        )
        let api = API(
            service: "auth",
            title: "Users: who they are, what they may do, how they prove it.",
            calls: userCalls(users, database) + accountCalls(users, provider) + [passwordCall(provider)]
                + [logInCall(logins), tokenCall(sessions, provider), revocationCall(sessions)]
                + [keysCall(keys), discoveryCall(issuer)]
        )
        let pages = AuthPages(
            provider,
            places: places ?? PopugPlaces([.auth: issuer.description]),
            instant: instant
        )
        return AuthServer(api: api.adding(pages), keeper: provider.keeper)
    }

    /// What verifies the tokens of auth's own calls: with the keys of its database, for auth does not call itself.
    ///
    /// - Parameters: as of `api`, and how long a request waits for keys at the most.
    public static func verifier(
        database: Database,
        issuer: Issuer,
        patience: Duration,
        logger: Logger = Logger(label: "popug.auth"),
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> TokenVerifier {
        let keys = SigningKeys(database: database, logger: logger, now: now)
        let cache = JWKSCache(patience: patience, logger: logger) { try await keys.published().json }
        return TokenVerifier(issuer: issuer, keys: cache, now: now)
    }
}
