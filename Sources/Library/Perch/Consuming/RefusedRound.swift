package import PerchProtocol
import Postgres

/// The round's transaction did not commit, for sure.
package struct RefusedRound: Error {
    package let refusal: WorkerInput.Refusal
    package let cause: any Error
    /// The event to blame, where it is known.
    package let event: Delivery?

    /// Whether the handler has said that trying again does not help.
    package var isRejection: Bool { HandlerVerdict(cause).kind == .failed(.rejected) }

    package init(_ refusal: WorkerInput.Refusal, _ cause: any Error, at event: Delivery? = nil) {
        self.refusal = refusal
        self.cause = cause
        self.event = event
    }

    /// What an error means for the round.
    ///
    /// - Throws: The error, where the connection is lost, or COMMIT unclear, or the server has no room: all is begun again.
    init(_ error: any Error, at event: Delivery?) throws {
        do {
            let reason = FailureStore.shortened(try Self.verdict(error).reason)
            self.init(.handler(reason: reason), (error as? DeliveryError)?.underlying ?? error, at: event)
        } catch let refused as RefusedRound {
            self = refused
        }
    }

    /// What an error says of the handler that it came from, if it is a handler's.
    ///
    /// - Throws: `RefusedRound` for a fence, or a conflict with another transaction; the error where the connection is lost.
    static func verdict(_ error: any Error) throws -> HandlerVerdict {
        guard let failure = ((error as? DeliveryError)?.underlying ?? error) as? PostgresError else {
            return HandlerVerdict(error)
        }
        if failure.isConnectionDead { throw failure }
        switch failure.sqlState {
        case .checkpointMoved?: throw RefusedRound(.fenced(failure.detail.flatMap { Partition(parsing: $0) }), failure)
        case .serializationFailure?, .deadlockDetected?, .lockNotAvailable?: throw RefusedRound(.conflict, failure)
        default: break
        }
        // Out of memory or disk, a statement whose plan is stale: the connection stands, and the event is not to blame.
        if failure.isRetriable { throw RefusedRound(.conflict, failure) }
        return HandlerVerdict(failure)
    }
}

extension SQLState {
    /// Raised by `perch.advance_checkpoint` and `perch.confirm_epoch`.
    static let checkpointMoved = SQLState(rawValue: "PF001")
}

extension Partition {
    /// Reads `TOPIC:NUMBER`.
    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(TopicName(rawValue: String(text[..<colon])), PartitionNumber(rawValue: number))
    }
}
