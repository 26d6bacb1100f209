import ArgumentParser

/// `perch failed list|errors|show|retry|discard`.
struct FailedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failed",
        abstract: "Failed and held events and dead letters: list, errors, show, retry, discard.",
        discussion: Help.flowing(
            """
            A failed event is tried again by itself; a held one waits behind an earlier event of its key; a dead letter
            waits for an operator and holds its key. Each has an ID such as accounting/17: the group, and the number of
            its row in the group's database. Without a command it lists.

            EXAMPLES
              perch failed
              perch failed list accounting --state dead --error "no such account"
              perch failed errors
              perch failed show accounting/17
              perch failed retry accounting/17 --payload corrected.json
              perch failed retry --group accounting --type ticket_closed --older-than 1h
              perch failed discard accounting/17 --reason "test data"

            EXIT CODES  0 fine, or done · 1 refused, not confirmed, or stopped · 2 a server could not be read
                        64 wrong usage
            """
        ),
        subcommands: [
            FailedListCommand.self, FailedErrorsCommand.self, FailedShowCommand.self, FailedRetryCommand.self,
            FailedDiscardCommand.self,
        ],
        defaultSubcommand: FailedListCommand.self
    )
}
