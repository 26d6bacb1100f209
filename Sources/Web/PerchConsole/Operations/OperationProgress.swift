import Foundation

/// How an operation tells how far it is, and hears whether it is to go on.
struct OperationProgress: Sendable {
    let id: UUID
    let operations: Operations

    /// - Parameter stage: What it is at, where the number does not say it.
    func report(done: UInt64, stage: String = "") async { await operations.report(id, done: done, stage: stage) }

    /// Somebody wants it to end: it ends after what it has at hand.
    var isStopped: Bool { get async { await operations.isStopping(id) } }
}
