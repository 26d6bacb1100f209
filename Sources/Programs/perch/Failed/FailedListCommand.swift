import ArgumentParser
import OperatorSettings
import Perch
import PerchOperating

/// `perch failed list`.
struct FailedListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List failed and held events and dead letters, group by group, the first to fail first.",
        usage: "perch failed [list] [<group>] [<options>]",
        discussion: Help.flowing(
            """
            NEXT is when a failed event is tried again. An error is cut to the width of the terminal; `perch failed show`
            has all of it.

            EXAMPLES
              perch failed list
              perch failed list accounting --state dead --newest
              perch failed list --topic tickets:2 --key 0193… --limit 1000
              perch failed list --error "no such account" --older-than 1h --json | jq -r '.events[].id'

            EXIT CODES  0 fine, also where some have failed · 2 a server or the contract could not be read
                        64 wrong usage
            """
        )
    )

    @OptionGroup var chosen: FailedGroupSelection
    @OptionGroup var bound: FailedBound
    @Option(name: .shortAndLong, help: "The most events that are listed.") var limit = 100
    @Flag(help: "The last to come first.") var newest = false
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit: expected at least 1; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            try Self.refuseMistyped(chosen.only, in: system)
            let choices = try bound.applied(to: try chosen.selection.choices([], in: system), in: system)
            var listing = FailedListing(json: json, screen: .current())
            for choice in choices {
                do {
                    try await list(choice, in: system, &listing)
                } catch let problem as ServerProblem {
                    listing.add(problem)
                }
            }
            try listing.end()
            if let code = Console.report(listing.problems) { throw code }
        }
    }

    /// A word that is no group may be one of the commands beside this one, mistyped.
    private static func refuseMistyped(_ word: String?, in system: SystemConnections) throws {
        guard let word, !system.groups.map(\.rawValue).contains(word) else { return }
        let commands = FailedCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        let (group, command) = (Names.hint(word, system.groups.map(\.rawValue)), Names.hint(word, commands))
        guard group.isEmpty, !command.isEmpty else { return }
        throw SettingProblem(
            description: "there is neither a command `failed \(word)` nor a group `\(word)`\(command)",
            cause: .commandLine
        )
    }

    /// Page by page: what is listed is not kept.
    private func list(
        _ choice: FailedChange.Choice,
        in system: SystemConnections,
        _ listing: inout FailedListing
    ) async throws {
        let failed = FailedEvents(OperatedSystem(system), of: choice.group)
        let counts = try await failed.counts(filter: choice.filter)
        listing.add(counts, of: choice.group)
        var after: FailedEvent.ID?
        while listing.listed < limit {
            let size = min(FailedListing.page, limit - listing.listed)
            let page = try await failed.list(
                filter: choice.filter,
                order: newest ? .newestFirst : .oldestFirst,
                limit: size,
                after: after
            )
            try listing.add(page, of: choice.group)
            guard page.count == size else { break }
            after = page.last?.id
        }
    }
}
