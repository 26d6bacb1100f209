import Foundation
import Perch
import PerchOperating

/// What `--json` prints: one object, members sorted, in snake_case; what is not known is left out. docs/perch-json.md has
/// every member.
enum JSONOutput {
    /// The whole of what a command prints, ended.
    static func shown(_ value: some Encodable) throws -> Shown { Shown(json: try text(value) + "\n") }

    static func text(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A server that did not tell.
struct ProblemDocument: Encodable {
    let kind, server, message, advice: String

    init(_ problem: ServerProblem) {
        (kind, server) = (problem.kind.rawValue, problem.server)
        (message, advice) = ServerProblemText.texts(problem)
    }
}

extension Duration {
    /// Seconds, to the millisecond.
    var rounded: Double {
        Double(components.seconds) + Double(components.attoseconds / 1_000_000_000_000_000) / 1000
    }
}
