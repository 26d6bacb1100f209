import Foundation
import Perch

/// The folder of the contract, and why it is that one.
///
/// Never one beside the executable: that is the contract of the system which `perch` was built with, not of the one it is
/// used on.
package struct LocatedContract: Sendable {
    package let folder: String
    package let origin: Origin

    /// How it was found; as `perch doctor --json` names it.
    package enum Origin: String, Sendable {
        case flag, environment, context
        case workingDirectory = "working_directory"
        case above = "above_working_directory"

        package var words: String {
            switch self {
            case .flag: "--streams"
            case .environment: "STREAMS_DIR"
            case .context: "the context's"
            case .workingDirectory: "found here"
            case .above: "found above the working directory"
            }
        }
    }

    /// - Parameters:
    ///   - flag: `--streams`.
    ///   - context: What the context of the config file names.
    /// - Throws: `ContractError` where what is named is no folder, or nothing is named and none is found.
    package init(
        flag: String?,
        environment: [String: String],
        context: String?,
        workingDirectory: String = FileManager.default.currentDirectoryPath
    ) throws {
        if let flag {
            (folder, origin) = (try Contract.locate(explicit: flag, environment: [:]), .flag)
        } else if let named = environment["STREAMS_DIR"], !named.isEmpty {
            (folder, origin) = (try Contract.locate(environment: environment), .environment)
        } else if let context {
            (folder, origin) = (try Contract.locate(explicit: context, environment: [:]), .context)
        } else if let found = Contract.nearest(to: workingDirectory) {
            folder = found
            origin =
                found == URL(fileURLWithPath: workingDirectory).appendingPathComponent("streams").path
                ? .workingDirectory : .above
        } else {
            throw SettingProblem(
                description:
                    "there is no folder streams with YAML files in \(workingDirectory) or above it: say where the "
                    + "contract is by --streams, STREAMS_DIR, or streams: in a context of the config file"
            )
        }
    }
}
