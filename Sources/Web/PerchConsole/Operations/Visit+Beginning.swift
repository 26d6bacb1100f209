import Foundation
import PageKit

extension Visit {
    /// Answers a form that begins an operation. However often it is sent, also twice at once, it leads to the one operation: what the
    /// body finds changed may have been changed by that.
    ///
    /// - Parameters:
    ///   - id: Of the form, and of the operation that it begins.
    ///   - body: Begins it, or gives the page that says why not.
    func beginning(_ id: UUID, _ body: () async throws -> Outcome) async throws -> Outcome {
        let there = Outcome.done(Places.operation(id))
        if await parts.operations.operation(id) != nil { return there }
        let outcome = try await body()
        if case .page = outcome, await parts.operations.operation(id) != nil { return there }
        return outcome
    }
}
