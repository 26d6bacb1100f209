import ArgumentParser

/// `perch manual`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the man page: every command with its options, examples and exit codes.",
        discussion: Help.flowing(
            """
            EXAMPLES
              perch manual | man -l -
              perch manual > /usr/local/share/man/man1/perch.1

            EXIT CODES  0 fine
            """
        )
    )

    func run() throws { Console.out(Shown(lines: try ManualPage.text())) }
}
