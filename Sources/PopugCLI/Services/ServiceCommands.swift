import Accounting
import ArgumentParser
import Auth
import Logging
import Perch
import Postgres
import ServiceKit
import ServiceLifecycle
import Tracker

/// A service that has the commands `migrate` and `work`.
protocol ServedService {
    static func describe(_ settings: Settings) throws -> ServiceDescription
    /// What runs beside the relay and the workers. Default: nothing.
    static func companions(_ settings: Settings, logger: Logger) throws -> [any ServiceLifecycle.Service]
}

extension ServedService {
    static func companions(_ settings: Settings, logger: Logger) -> [any ServiceLifecycle.Service] { [] }
}

enum AuthService: ServedService {
    static func describe(_ settings: Settings) -> ServiceDescription { Auth.service }
}

enum TrackerService: ServedService {
    static func describe(_ settings: Settings) -> ServiceDescription { Tracker.service }
}

enum AccountingService: ServedService {
    static func describe(_ settings: Settings) throws -> ServiceDescription {
        Accounting.service(
            timeZone: try settings.require(.payoutTimeZone),
            mail: settings[.mailDirectory].map(MailFolder.init),
            logger: settings.logger("popug.accounting")
        )
    }

    static func companions(_ settings: Settings, logger: Logger) throws -> [any ServiceLifecycle.Service] {
        if !settings.isSet(.mailDirectory) { logger.notice("no mails of wages are written: MAIL_DIR is not set") }
        var database = try settings.require(.databaseURL(of: "accounting"))
        database.applicationName = "popug-accounting-payday"
        let timeZone = try settings.require(.payoutTimeZone)
        return [
            DayCloser(
                payDay: PayDay(timeZone: timeZone),
                schedule: PayoutSchedule(time: try settings.require(.payoutTime), timeZone: timeZone),
                database: Database(database, size: 1),
                logger: logger
            )
        ]
    }
}

struct AuthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth",
        abstract: "Users.",
        subcommands: [MigrateCommand<AuthService>.self, WorkCommand<AuthService>.self, AddUserCommand.self]
    )
}

struct TrackerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracker",
        abstract: "Tickets.",
        subcommands: [MigrateCommand<TrackerService>.self, WorkCommand<TrackerService>.self]
    )
}

struct AccountingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounting",
        abstract: "Money.",
        subcommands: [
            MigrateCommand<AccountingService>.self, WorkCommand<AccountingService>.self, CloseDayCommand.self,
        ]
    )
}

struct MigrateCommand<Service: ServedService>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "migrate",
            abstract: "Make the service's database ready: schema, topics, rights.",
            discussion: """
                Runs what is missing and changes nothing else, as often as you like. Connects by …_DATABASE_OWNER_URL
                where that is set; the role of …_DATABASE_URL then gets exactly the rights the service needs.

                EXAMPLE
                  TRACKER_DATABASE_URL=postgresql:///tracker popug tracker migrate
                """
        )
    }

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let settings = try options.settings()
        let service = try Service.describe(settings)
        let outcome = try DatabasePreparation.run(
            service: service,
            settings: settings,
            contract: try settings.contract()
        )
        for migration in outcome.applied { print("applied \(migration)") }
        print("\(service.name): ready; topics: \(outcome.topics.map(\.rawValue).joined(separator: ", "))")
    }
}
