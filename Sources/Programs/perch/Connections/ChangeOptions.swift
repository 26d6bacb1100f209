import ArgumentParser
import OperatorSettings

/// Who changes something, and how sure they are.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Who does it, for the record in perch.operations. Default: USER@HOST.")
    var by: String?

    @Flag(help: "Only say what it would do.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    var name: String { by ?? OperatorName.ofThisUser }
}
