import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch migrate SERVICE`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Make a service's database ready for Perch: its tables, and the topics that the service owns.",
        discussion: Help.flowing(
            """
            Does what is missing and nothing else, as often as you like; a service that only reads needs it too. The database
            is needed as the role that owns schema perch, or will. The service's own tables, and rights of other roles, are
            not made. What ran stands in perch.migrations.

            --sql prints the statements instead, for a tool that keeps migrations as files, and asks no server. Run them in
            one transaction. With --after they begin behind the version that the database has; they fail on another one.

            EXAMPLES
              perch migrate shop
              perch migrate shop --database shop=postgresql://shop_owner@db.internal/shop --yes
              perch migrate shop --sql > V1__perch.sql
              perch migrate shop --sql --after 15 | psql --single-transaction -v ON_ERROR_STOP=1 postgresql:///shop

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The service: an owner of topics, or a consumer group.") var service: String
    @Flag(help: "Print the statements, and do nothing.") var sql = false
    @Option(help: ArgumentHelp("With --sql: how many of Perch's migrations the database has.", valueName: "version"))
    var after: Int?
    @Option(help: "The consumer group whose leases and checkpoints are there, where migrate asks for it.")
    var group: String?
    @Flag(help: "Only say what it would do.") var dryRun = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        if sql, json || dryRun || group != nil {
            throw ValidationError("--sql prints statements only: leave out --json, --dry-run and --group")
        }
        guard let after else { return }
        guard sql else { throw ValidationError("--after is for --sql") }
        guard (0...Migration.perch.count).contains(after) else {
            throw ValidationError("--after: expected 0 to \(Migration.perch.count); got \(after)")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let service = try Names.service(service, in: system)
            if sql {
                let text = ServiceDatabase.script(owner: service, contract: system.contract, after: after ?? 0)
                return Console.out(Shown(lines: text))
            }
            do {
                try await migrate(service, of: system)
            } catch let unknown as GroupNotKnown {
                throw Console.fail(
                    "refused: \(unknown.description): perch migrate \(service) --group NAME",
                    Console.trouble
                )
            } catch let failed as MigrationFailed {
                throw Console.fail("refused: \(failed.description)", Console.trouble)
            } catch let changed as PartitionsChanged {
                throw Console.fail("refused: \(changed.description)", Console.trouble)
            } catch let newer as SchemaError {
                throw Console.fail("refused: \(newer.description)", Console.trouble)
            } catch let needed as SessionNeeded {
                throw Console.fail("refused: \(needed.description)", Console.trouble)
            }
        }
    }

    private func migrate(_ service: String, of system: SystemConnections) async throws {
        let preparations = DatabasePreparations(OperatedSystem(system))
        let missing = try await preparations.missing(in: service)
        let topics = system.contract.topics.filter { $0.owner == service }.map(\.name)
        guard !dryRun else { return try finish(service, missing, topics, isDone: false) }
        if !missing.isEmpty, !json { Console.out(MigrateText.plan(missing, of: service)) }
        try Console.confirm("Make the database of \(service) ready?", yes: yes)
        let prepared = try await preparations.prepare(service, group: group.map { GroupName(rawValue: $0) })
        try finish(service, prepared.perch, prepared.topics, isDone: true)
    }

    private func finish(_ service: String, _ migrations: [Migration], _ topics: [TopicName], isDone: Bool) throws {
        if json {
            return Console.out(try JSONOutput.shown(MigrateDocument(service, migrations, topics, isDone: isDone)))
        }
        if isDone { return Console.out(MigrateText.done(service, migrations, topics)) }
        Console.out(MigrateText.plan(migrations, of: service))
    }
}

/// A migration for people.
enum MigrateText {
    static func plan(_ missing: [Migration], of service: String) -> Shown {
        guard !missing.isEmpty else { return "The database of \(service) has all of Perch's migrations.\n" }
        let lines: [Shown] = missing.map { "  perch \($0.version) \($0.name)" }
        return "The database of \(service) lacks:\n" + lines.joined(separator: "\n") + "\n"
    }

    static func done(_ service: String, _ applied: [Migration], _ topics: [TopicName]) -> Shown {
        let names = topics.isEmpty ? "none of its own" : topics.map(\.rawValue).joined(separator: ", ")
        return "Done: \(service) is ready; \(Format.plural(applied.count, "migration")) applied; topics: \(names).\n"
    }
}
