import ArgumentParser

/// Shown again and again.
struct WatchOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("How often with --watch.", valueName: "seconds"))
    var interval = 2.0

    func validate() throws {
        guard (0.1...86_400).contains(interval) else {
            throw ValidationError("--interval: expected 0.1 to 86400 seconds; got \(interval)")
        }
    }
}
