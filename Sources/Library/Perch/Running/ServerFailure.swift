/// What went wrong at a server, by what helps: the loops of workers and relays know no other error of theirs.
package struct ServerFailure: Error, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The connection is over, or leads to a server that takes nothing now: drop it, and begin again.
        case lost
        /// It is about one partition, key or row. The connection stands; of what was sent, replies may still be on their way.
        case troubled
        /// The node of a cluster that has the partition's stream is away, or just hands it over. What became of what was sent is unknown.
        /// The other nodes stand.
        case away
        /// Redis refused to append, and nothing was appended. It may take it later.
        case refused
        /// A partition's consumer group is gone.
        case groupMissing
        /// The wait for entries was ended, since the program is to stop. The connection is over.
        case interrupted
        /// Neither time nor a new connection helps: the program ends.
        case fatal
    }

    package let kind: Kind
    /// What the server, or the way to it, has said.
    package let cause: any Error

    package init(_ kind: Kind, _ cause: any Error) {
        self.kind = kind
        self.cause = cause
    }

    package var description: String { String(describing: cause) }
}

/// Which errors are a server's, and what they mean.
package protocol FailureTelling {
    /// Nil: it is no error of this server, but a fault of the program.
    static func failure(of error: any Error) -> ServerFailure?
}
