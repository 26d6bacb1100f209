import Foundation
import Postgres

/// What a code is good for.
struct CodeGrant: Sendable {
    let session: SSOSession
    let nonce: String?
    let wantsEmail: Bool
    /// For a client that calls the services.
    let tokens: TokenPair?
}

/// Why a code gives nothing. Whoever sent it is told the same for each.
enum CodeRefusal: Error, Hashable {
    /// It is none of ours, or has been forgotten.
    case unknown
    /// It was used before: what it gave has ended.
    case reused
    /// Its minute is over.
    case expired
    /// It is another client's, of another address, or whoever sent it does not know the verifier.
    case notTheirs
    /// The login that it is of has ended.
    case ended
}
