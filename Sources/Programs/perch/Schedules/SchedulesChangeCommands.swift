import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch schedules pause NAME`.
struct SchedulesPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let a schedule's ticks wait.",
        usage: "perch schedules pause <schedule> [<options>]",
        discussion: SchedulesHelp.change(
            """
            When it returns, no tick of it takes effect any more. It lasts, also over restarts, until it is resumed; what is missed
            meanwhile is run then, or not, as the schedule says. `run` runs it all the same.
            """,
            example: "pause pay-day"
        )
    )

    @OptionGroup var options: ScheduleChangeOptions

    func run() async throws {
        try await options.run("Pause", done: "is paused", undone: "is paused already") {
            try await $0.pause($1, by: $2)
        }
    }
}

/// `perch schedules resume NAME`.
struct SchedulesResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused schedule go on.",
        usage: "perch schedules resume <schedule> [<options>]",
        discussion: SchedulesHelp.change("Its scheduler notices it within 5 s.", example: "resume accounting/pay-day")
    )

    @OptionGroup var options: ScheduleChangeOptions

    func run() async throws {
        try await options.run("Resume", done: "goes on", undone: "is not paused") { try await $0.resume($1, by: $2) }
    }
}

/// `perch schedules run NAME`.
struct SchedulesRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a schedule once now, beside its ticks.",
        usage: "perch schedules run <schedule> [<options>]",
        discussion: SchedulesHelp.change(
            """
            Its scheduler runs it within 5 s, once, whatever dies. A tick that has failed is tried again at once, and comes first. It
            does not wait: `perch schedules` shows when it ran.
            """,
            example: "run pay-day --yes"
        )
    )

    @OptionGroup var options: ScheduleChangeOptions

    func run() async throws {
        try await options.run("Run", done: "is run next", undone: "is to be run already") {
            try await $0.run($1, by: $2)
        }
    }
}

/// `perch schedules forget NAME`.
struct SchedulesForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forget a schedule that its program no longer has.",
        usage: "perch schedules forget <schedule> [<options>]",
        discussion: SchedulesHelp.change(
            "What is noted of it is gone. A program that has it declares it anew within seconds.",
            example: "forget old-report --yes"
        )
    )

    @OptionGroup var options: ScheduleChangeOptions

    func run() async throws {
        try await options.run("Forget", done: "is forgotten", undone: "is not there") {
            try await $0.forget($1, by: $2)
        }
    }
}

enum SchedulesHelp {
    static func change(_ text: String, example: String) -> String {
        Help.flowing(
            """
            \(text) Recorded in perch.operations of the service's database.

            EXAMPLES
              perch schedules \(example)

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    }
}

/// What changes of schedules have in common.
struct ScheduleChangeOptions: ParsableArguments {
    @Argument(help: "The schedule, or SERVICE/SCHEDULE where several services have one of this name.") var schedule:
        String
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run(
        _ verb: String,
        done: Shown,
        undone: Shown,
        _ body: (Schedules, _ schedule: String, _ by: String) async throws -> Bool
    ) async throws {
        try await Console.run {
            let schedules = Schedules(OperatedSystem(try connections.system()))
            if change.dryRun {
                let found = try await schedules.find(schedule)
                if json {
                    let document = ScheduleChangeDocument(schedule: "\(found.service)/\(found.name)", isDone: false)
                    return Console.out(try JSONOutput.shown(document))
                }
                return Console.out("\(verb): \(found.service)/\(found.name), which is \(found.state.rawValue).\n")
            }
            try Console.confirm("\(verb) \(schedule)?", yes: change.yes)
            let isDone = try await body(schedules, schedule, change.name)
            if json {
                Console.out(try JSONOutput.shown(ScheduleChangeDocument(schedule: schedule, isDone: isDone)))
            } else {
                Console.out("\(schedule) \(isDone ? done : undone).\n")
            }
        }
    }
}
