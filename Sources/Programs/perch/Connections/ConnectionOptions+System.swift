import Foundation
import OperatorSettings
import PerchOperating

extension ConnectionOptions {
    /// - Throws: `SettingProblem`, `ContractError`.
    func system(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> SystemConnections {
        let chosen = try opened(environment: environment)
        // Nobody named it, and it is not where one stands.
        if verbose || chosen.contract.origin == .above { Console.error(chosen.contract.sentence) }
        return chosen.connections
    }
}

extension LocatedContract {
    var sentence: Shown { "the contract is \(folder) (\(origin.words))" }
}
