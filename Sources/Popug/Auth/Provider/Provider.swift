import HTTPKit
import Logging
import Postgres

/// Auth as an OpenID provider: what its pages and its calls of OAuth have in common.
struct Provider: Sendable {
    let clients: OpenIDClients
    let issuer: Issuer
    let keys: SigningKeys
    let logins: Logins
    let kept: KeptLogins
    let sso: SSOSessions
    let codes: Codes
    let logouts: Logouts
    let users: Users
    let database: Database
    let logger: Logger
    let now: @Sendable () -> Timestamp

    init(
        clients: OpenIDClients,
        issuer: Issuer,
        keys: SigningKeys,
        logins: Logins,
        users: Users,
        pace: TellingPace,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        (self.clients, self.issuer, self.keys, self.logins, self.users) = (clients, issuer, keys, logins, users)
        (database, self.logger, self.now) = (logins.database, logger, now)
        kept = KeptLogins(database: database, now: now)
        sso = SSOSessions(database: database, now: now)
        logouts = Logouts(database: database, clients: clients, pace: pace, bell: Bell(), now: now)
        codes = Codes(database: database, sessions: logins.sessions, logouts: logouts, logger: logger, now: now)
    }
    /// What ends logins by the clock, and tells clients which have ended.
    var keeper: LoginKeeper {
        let teller = LogoutTeller(
            clients: clients,
            keys: keys,
            issuer: issuer,
            patience: logouts.pace.patience,
            logger: logger,
            now: now
        )
        return LoginKeeper(sso: sso, logouts: logouts, teller: teller, logger: logger)
    }
}
