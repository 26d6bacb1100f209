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

                Where the database has leases, checkpoints and failed events from before these had a group's name, and what
                its workers have declared does not tell the name, nothing is changed, and --group is asked for.

                EXAMPLES
                  TRACKER_DATABASE_URL=postgresql:///tracker popug tracker migrate
                  popug tracker migrate --group tracker
                """
        )
    }

    @OptionGroup var options: ServiceOptions
    @Option(help: "The consumer group whose leases and checkpoints are there, where migrate asks for it.")
    var group: String?

    func run() async throws {
        let settings = try options.settings()
        let service = try Service.describe(settings)
        let outcome: DatabasePreparation.Outcome
        do {
            outcome = try DatabasePreparation.run(
                service: service,
                settings: settings,
                contract: try settings.contract(),
                group: group.map { GroupName(rawValue: $0) }
            )
        } catch let error as GroupNotKnown {
            throw ValidationError("\(error): popug \(service.name) migrate --group NAME")
        }
        for migration in outcome.applied { print("applied \(migration)") }
        print("\(service.name): ready; topics: \(outcome.topics.map(\.rawValue).joined(separator: ", "))")
    }
}
