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
    /// Its session was ended, or its user is disabled.
    case revoked
    /// It was used before. Either its owner or a thief uses it for the second time: the session is ended for both.
    case reused
    /// The session is continued more often than any client needs to. The token is as good as before. In seconds.
    case tooOften(retryAfter: Int)
}

/// Why a session was ended before its time.
enum SessionEnd: String {
    /// By whoever held a token of it.
    case revoked
    /// A token of it was used twice.
    case reuse
    /// The user was disabled.
    case disabled
    /// The user's password was changed.
    case password
    /// By an admin.
    case ended
    /// Another login has begun in its browser.
    case replaced
    /// It was not used for too long.
    case idle
    /// It has lasted as long as it may.
    case expired
    /// The user has begun so many that the oldest had to go.
    case room

    /// What is said of the refresh tokens that a login gave, when it ends so.
    var ofTokens: SessionEnd {
        switch self {
        case .replaced, .idle, .expired, .room: .revoked
        case .revoked, .reuse, .disabled, .password, .ended: self
        }
    }
}
