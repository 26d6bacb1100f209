import Foundation
import Postgres

/// A login in a browser. The browser has a random cookie that stands for it; clients know it by its id, as `sid`.
struct SSOSession: Sendable {
    /// How long it lasts at the most.
    static let lifetime = Duration.seconds(30 * 86_400)
    /// How long it lasts without being used.
    static let longestPause = Duration.seconds(12 * 3600)
    /// The longest name of a browser that is kept, in characters.
    static let longestUserAgent = 512

    let id: UUID
    let user: User
    /// When the password was typed.
    let beganAt: Timestamp

    /// Whether whoever is logged in has to log in again.
    func mustAskAgain(_ manner: AuthorizationManner, at now: Timestamp) -> Bool {
        manner.asksAgain || manner.longestAge.map { now - beganAt > .seconds($0) || $0 == 0 } ?? false
    }
}

extension SSOSession {
    /// The session of a row that has the columns of it and of its user.
    init(_ row: borrowing Row) throws {
        self.init(id: try row.decode("session_id"), user: try User(row), beganAt: try row.decode("began_at"))
    }
}
