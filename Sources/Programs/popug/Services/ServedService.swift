import Accounting
import Analytics
import Auth
import HTTPKit
import Logging
import Perch
import Postgres
import ServiceKit
import ServiceLifecycle
import Tracker

/// A service that has the commands `migrate`, `serve` and `work`.
protocol ServedService {
    static func describe(_ settings: Settings) throws -> ServiceDescription
    /// What runs beside the relay and the workers. Default: nothing.
    static func companions(_ settings: Settings, logger: Logger) throws -> [any ServiceLifecycle.Service]
    static func api(_ settings: Settings, database: Database, logger: Logger) throws -> API
    /// Its pages beside the API; nil where nobody has said where browsers reach them. Default: none.
    static func site(_ settings: Settings, database: Database, logger: Logger) throws -> ServiceSite?
    /// The API, and what has to run where it is served. Default: nothing does.
    static func server(_ settings: Settings, database: Database, logger: Logger) throws -> ServedAPI
    /// What verifies tokens, and whether it could. Default: the keys that auth publishes.
    static func verifier(_ settings: Settings, database: Database, logger: Logger) throws -> TokenVerifier
}

/// An API, and what has to run beside it.
struct ServedAPI {
    var api: API
    var companions: [any ServiceLifecycle.Service] = []

    /// Pages stand beside the API, and have to run.
    mutating func add(_ site: ServiceSite) {
        api = api.adding(site)
        companions.append(site)
    }
}

extension ServedService {
    static func server(_ settings: Settings, database: Database, logger: Logger) throws -> ServedAPI {
        ServedAPI(api: try api(settings, database: database, logger: logger))
    }

    static func companions(_ settings: Settings, logger: Logger) -> [any ServiceLifecycle.Service] { [] }

    static func site(_ settings: Settings, database: Database, logger: Logger) -> ServiceSite? { nil }

    static func verifier(_ settings: Settings, database: Database, logger: Logger) throws -> TokenVerifier {
        let issuer = try settings.require(.issuer)
        let keys = JWKSCache(
            issuer: issuer,
            internally: settings[.issuerInternally],
            patience: JWKSCache.usualPatience,
            logger: logger
        )
        return TokenVerifier(issuer: issuer, keys: keys)
    }
}

enum AuthService: ServedService {
    static func describe(_ settings: Settings) -> ServiceDescription { Auth.service }

    static func api(_ settings: Settings, database: Database, logger: Logger) throws -> API {
        try server(settings, database: database, logger: logger).api
    }

    static func server(_ settings: Settings, database: Database, logger: Logger) throws -> ServedAPI {
        let server = Auth.server(
            database: database,
            hasher: PasswordHasher(cost: try settings.require(.passwordCost)),
            issuer: try settings.require(.issuer),
            clients: settings[.authClients] ?? .none,
            places: try settings.places(),
            logger: logger
        )
        return ServedAPI(api: server.api, companions: [server.keeper])
    }

    static func verifier(_ settings: Settings, database: Database, logger: Logger) throws -> TokenVerifier {
        Auth.verifier(
            database: database,
            issuer: try settings.require(.issuer),
            patience: JWKSCache.usualPatience,
            logger: logger
        )
    }
}

enum TrackerService: ServedService {
    static func describe(_ settings: Settings) -> ServiceDescription { Tracker.service }

    static func api(_ settings: Settings, database: Database, logger: Logger) -> API {
        Tracker.api(database: database)
    }

    static func site(_ settings: Settings, database: Database, logger: Logger) throws -> ServiceSite? {
        try settings.pages(of: .tracker).map { Tracker.site($0, database: database, logger: logger) }
    }
}

enum AccountingService: ServedService {
    static func describe(_ settings: Settings) throws -> ServiceDescription {
        try Accounting.service(
            timeZone: settings.require(.payoutTimeZone),
            mail: settings.mailOutlet(),
            logger: settings.logger("popug.accounting")
        )
    }

    static func companions(_ settings: Settings, logger: Logger) throws -> [any ServiceLifecycle.Service] {
        switch try settings.mailOutlet() {
        case nil: logger.notice("there are no mails of wages: neither MAIL_DIR nor SMTP_URL is set")
        case .folder: break
        case .server(let server): logger.info("mails of wages are sent", metadata: ["server": "\(server)"])
        }
        var database = try settings.require(Accounting.service.databaseSetting)
        database.applicationName = "popug-accounting-schedules"
        let timeZone = try settings.require(.payoutTimeZone)
        return [
            try Scheduler(
                service: Accounting.service.name,
                schedules: Accounting.schedules(
                    payDay: PayDay(timeZone: timeZone),
                    time: settings.require(.payoutTime),
                    timeZone: timeZone,
                    logger: logger
                ),
                contract: settings.contract(),
                postgres: database,
                logger: logger
            )
        ]
    }

    static func api(_ settings: Settings, database: Database, logger: Logger) throws -> API {
        Accounting.api(database: database, timeZone: try settings.require(.payoutTimeZone))
    }

    static func site(_ settings: Settings, database: Database, logger: Logger) throws -> ServiceSite? {
        let timeZone = try settings.require(.payoutTimeZone)
        return try settings.pages(of: .accounting).map {
            Accounting.site($0, database: database, timeZone: timeZone, logger: logger)
        }
    }
}

enum AnalyticsService: ServedService {
    static func describe(_ settings: Settings) throws -> ServiceDescription {
        Analytics.service(timeZone: try settings.require(.payoutTimeZone))
    }

    static func api(_ settings: Settings, database: Database, logger: Logger) throws -> API {
        Analytics.api(database: database, timeZone: try settings.require(.payoutTimeZone))
    }

    static func site(_ settings: Settings, database: Database, logger: Logger) throws -> ServiceSite? {
        let timeZone = try settings.require(.payoutTimeZone)
        return try settings.pages(of: .analytics).map {
            Analytics.site($0, database: database, timeZone: timeZone, logger: logger)
        }
    }
}
