import Foundation
import ServiceKit

/// What whoever logged in gets: both tokens.
struct TokenPair: Sendable {
    let accessToken: String
    let refreshToken: RefreshToken
}

/// Why a refresh token gives no tokens. Whoever sent it is told the same for each.
enum RefreshRefusal: Error, Hashable {
    /// It is none of ours, or its session has been forgotten.
    case unknown
    /// Its session has lasted its 30 days.
    case expired
    /// Its session was ended.
    case revoked
    /// It was used before. Either its owner or a thief uses it for the second time: the session is ended for both.
    case reused
}
