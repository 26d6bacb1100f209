import Foundation
import HTTPTypes
import Hummingbird

extension Operations {
    /// Starts an operation for a form.
    ///
    /// - Throws: 503 where as many run as may.
    func startOrRefuse(
        _ plan: OperationPlan,
        id: UUID,
        by: String,
        _ work: @escaping @Sendable (OperationProgress) async throws -> OperationEnd
    ) throws {
        do {
            try start(plan, id: id, by: by, work)
        } catch {
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "30"],
                message: "As many operations run as may at a time. Nothing was done: go back and send the form again."
            )
        }
    }
}
