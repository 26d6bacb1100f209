import Foundation
import Postgres

/// The users who are assigned tickets.
enum Employees {
    /// One of them at random, each as likely as the other; nil if there are none. One round trip.
    static func draw(in tx: borrowing Transaction, using generator: inout some RandomNumberGenerator) throws -> UUID? {
        let fraction = Double.random(in: 0..<1, using: &generator)
        return try tx.query(
            """
            SELECT user_id FROM tracker.users
            WHERE place = (SELECT least(1 + floor(\(fraction) * max(place)), max(place))::bigint FROM tracker.users)
            """
        ) { try $0.decode(0, as: UUID.self) }.first
    }

    /// Whether there is one.
    static func exist(in database: Database) async throws -> Bool {
        try await database.query("SELECT EXISTS (SELECT FROM tracker.users WHERE place IS NOT NULL)") {
            try $0.decode(0, as: Bool.self)
        } == [true]
    }

    /// Whether this user is one: tracker hears of new ones within a moment.
    static func contain(_ user: UUID, in database: Database) async throws -> Bool {
        try await database.query(
            "SELECT EXISTS (SELECT FROM tracker.users WHERE user_id = \(user) AND place IS NOT NULL)"
        ) { try $0.decode(0, as: Bool.self) } == [true]
    }

    /// All of them, in the order in which they came.
    static func all(in tx: borrowing Transaction) throws -> [UUID] {
        try tx.query("SELECT user_id FROM tracker.users WHERE place IS NOT NULL ORDER BY place") {
            try $0.decode(0, as: UUID.self)
        }
    }
}
