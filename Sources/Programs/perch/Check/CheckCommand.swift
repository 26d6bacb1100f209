import ArgumentParser
import Foundation
import OperatorSettings
import Perch

/// `perch check`: is the contract sound, and may it replace the committed one?
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the contract, and that it may replace the committed one.",
        discussion: Help.flowing(
            """
            Reads streams/*.yaml and refuses what is wrong in them, then what would
            break with the contract it replaces: a removed or renamed topic, event,
            version or field; a changed key or owner; a narrowed type, format, enum
            or limit; a new required field in a version that exists. A widened
            enum or limit is a caution: it may be deployed, consumers first. So is
            another number of partitions, once `perch partitions` has set it.

            EXAMPLES
              perch check                           the files against HEAD
              perch check --against origin/main     in CI
              perch check --against ../old/streams  against another folder
              perch check --json | jq .incompatibilities

            EXIT CODES
              0   fine, or nothing to compare with (no git, no committed contract),
                  which is said
              1   the contract is not valid, or not compatible
              2   cannot read the folder, the revision or the committed contract
              64  wrong usage
            """
        )
    )

    @Option(
        help: "The folder of the contract. Default: STREAMS_DIR, or streams here or above."
    )
    var streams: String?

    @Option(help: "What to compare with: a git revision or a folder. Default: HEAD, in a git checkout.")
    var against: String?

    @Flag(help: "Print the findings as one JSON object.")
    var json = false

    func run() throws {
        var report = CheckReport()
        let code = check(&report)
        Console.out(json ? try report.json() : report.text)
        if code != 0 { throw ExitCode(code) }
    }

    private func check(_ report: inout CheckReport) -> Int32 {
        let contract: Contract
        do {
            let located = try LocatedContract(
                flag: streams,
                environment: ProcessInfo.processInfo.environment,
                context: nil
            )
            (report.streams, report.origin) = (located.folder, located.origin)
            contract = try Contract.load(directory: located.folder)
            report.topics = contract.topics.count
            report.events = contract.topics.reduce(0) { $0 + $1.events.count }
        } catch let error as ContractError {
            report.problems = error.problems
            return error.code == .invalid ? 1 : 2
        } catch {
            report.problems = [ContractProblem(file: "streams", message: "\(error)")]
            return 2
        }
        switch CommittedContract.load(against, current: report.streams ?? "streams") {
        case .found(let old, let name):
            report.against = name
            report.incompatibilities = contract.incompatibilities(from: old)
            report.cautions = contract.cautions(from: old)
            return report.incompatibilities.isEmpty ? 0 : 1
        case .nothing(let reason):
            report.notes.append("not compared: \(reason)")
            return 0
        case .unreadable(let problems):
            report.problems = problems
            return 2
        }
    }
}
