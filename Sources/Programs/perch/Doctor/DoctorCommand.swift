import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at servers, settings, schemas, streams and groups, and say what to do about what is wrong.",
        usage: "perch doctor [--all] [<options>]",
        discussion: Help.flowing(
            """
            It looks at the eviction policy, memory and persistence of Redis, versions, clocks, rights, migrations that
            were not run, holes in streams, foreign entries, events that wait, partitions and relays that stand, groups
            that nobody runs or that are far behind, and dead letters. It changes nothing. The last line says which
            contract it went by. docs/perch-json.md lists the codes of what it can find.

            EXAMPLES
              perch doctor
              perch doctor --all
              perch doctor --json | jq '.findings[] | select(.severity == "problem")'

            EXIT CODES  0 no problem (warnings are none) · 1 a problem, also a server that is away
                        2 the contract or the settings could not be read · 64 wrong usage
            """
        )
    )

    @Flag(help: "List what is fine too.") var all = false
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let chosen = try connections.opened()
            let contract = chosen.contract
            let findings = try await SystemDiagnosis(OperatedSystem(chosen.connections)).findings()
            if json {
                let source = ContractDocument(folder: contract.folder, from: contract.origin.rawValue)
                let document = DoctorDocument(findings, source) { FindingText($0).words }
                Console.out(try JSONOutput.shown(document))
            } else {
                Console.out(DoctorText.text(findings, contract, all: all, .current()))
            }
            if findings.contains(where: { $0.severity == .problem }) { throw Console.trouble }
        }
    }
}
