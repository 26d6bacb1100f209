import Accounting
import Analytics
import ArgumentParser
import Auth
import Perch
import ServiceKit
import Tracker

struct AuthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth",
        abstract: "Users.",
        subcommands: [
            MigrateCommand<AuthService>.self, ServeCommand<AuthService>.self, WorkCommand<AuthService>.self,
            AddUserCommand.self, DisableUserCommand.self, EnableUserCommand.self, EndSessionsCommand.self,
            SetPasswordCommand.self,
        ]
    )
}

struct TrackerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracker",
        abstract: "Tickets.",
        subcommands: [
            MigrateCommand<TrackerService>.self, ServeCommand<TrackerService>.self, WorkCommand<TrackerService>.self,
        ]
    )
}

struct AccountingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounting",
        abstract: "Money.",
        subcommands: [
            MigrateCommand<AccountingService>.self, ServeCommand<AccountingService>.self,
            WorkCommand<AccountingService>.self, CloseDayCommand.self,
        ]
    )
}

struct AnalyticsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics",
        abstract: "How business goes.",
        subcommands: [
            MigrateCommand<AnalyticsService>.self, ServeCommand<AnalyticsService>.self,
            WorkCommand<AnalyticsService>.self, RebuildCommand.self,
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
