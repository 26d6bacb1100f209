import Foundation
import Perch
import Postgres

/// Which clients are to be told that what they had has ended: kept in the database, so that it does not matter which process
/// has ended it, nor whether that lives on. `LoginKeeper` tells them.
struct Logouts: Sendable {
    /// One who is to be told.
    struct Due: Sendable {
        let client: String
        let session: UUID
        let user: UUID
        /// This one counts.
        let tries: Int
        /// Until when nobody else tells it.
        let claimedUntil: Timestamp
    }

    /// A client that had a session.
    struct Told: Sendable, Hashable {
        let name: String
        let wasTold: Bool
    }

    let database: Database
    let clients: OpenIDClients
    let pace: TellingPace
    let bell: Bell
    let now: @Sendable () -> Timestamp

    // MARK: In a transaction

    /// All clients of logins that have ended are to be told, at once.
    static func add(_ logins: [UUID], in tx: borrowing Transaction) throws {
        // The clocks of processes differ: whatever the reader's says, it is due.
        try tx.execute(
            """
            UPDATE auth.sso_clients SET due_at = '-infinity', tries = 0, told_at = NULL WHERE session_id = ANY(\(logins))
            """
        )
    }

    /// A client is to be told that what it had of a login has ended.
    static func add(_ client: String, of login: UUID, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            UPDATE auth.sso_clients SET due_at = '-infinity', tries = 0, told_at = NULL
            WHERE session_id = \(login) AND client_id = \(client)
            """
        )
    }

    // MARK: Telling

    /// One whose time has come, who is told by nobody else meanwhile; nil: there is none. Those who were not tried yet come first.
    func claim() async throws -> Due? {
        let (now, until) = (now(), now() + pace.claim)
        return try await database.query(
            """
            UPDATE auth.sso_clients AS c SET due_at = \(until), tries = c.tries + 1
            FROM auth.sso_sessions AS s
            WHERE s.session_id = c.session_id AND (c.session_id, c.client_id) = (
                SELECT session_id, client_id FROM auth.sso_clients WHERE due_at <= \(now)
                ORDER BY tries, due_at LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            RETURNING c.client_id, c.session_id, s.user_id, c.tries
            """
        ) { row in
            Due(
                client: try row.decode(0),
                session: try row.decode(1),
                user: try row.decode(2),
                tries: try row.decode(3),
                claimedUntil: until
            )
        }.first
    }

    /// What came of telling one.
    enum Outcome: Sendable {
        case told
        /// It did not take it. After so many tries it is told no more.
        case refused
        /// There is no way to tell it.
        case unreachable
    }

    /// Notes what came of it. Where more has ended meanwhile it is due anyway.
    func settle(_ due: Due, _ outcome: Outcome) async throws {
        let now = now()
        let next: Timestamp? =
            switch outcome {
            case .told, .unreachable: nil
            case .refused: due.tries > pace.pauses.count ? nil : now + pace.pauses[due.tries - 1]
            }
        try await database.execute(
            """
            UPDATE auth.sso_clients SET told_at = \(outcome == .told ? now : nil), due_at = \(next)
            WHERE session_id = \(due.session) AND client_id = \(due.client) AND due_at = \(due.claimedUntil)
            """
        )
    }

    // MARK: Those who wait

    /// Waits until all clients of a login that has ended were told, or are told no more; not longer than people wait.
    func wait(forEndOf login: UUID) async throws {
        try await wait(
            "SELECT EXISTS (SELECT FROM auth.sso_clients WHERE session_id = \(login) AND due_at IS NOT NULL)"
        )
    }

    /// The same for all logins of a user.
    func wait(forEndsOf user: UUID) async throws {
        try await wait(
            """
            SELECT EXISTS (
                SELECT FROM auth.sso_sessions s JOIN auth.sso_clients c USING (session_id)
                WHERE s.user_id = \(user) AND c.due_at IS NOT NULL
            )
            """
        )
    }

    private func wait(_ isLeft: SQL) async throws {
        bell.ring()
        let deadline = ContinuousClock.now + pace.longestWait
        while try await database.query(isLeft, { try $0.decode(0, as: Bool.self) }) == [true],
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Who had a session that has ended; nil where there is none such.
    func told(of session: UUID) async throws -> [Told]? {
        let hasEnded = try await database.query(
            "SELECT ended_at IS NOT NULL FROM auth.sso_sessions WHERE session_id = \(session)"
        ) { try $0.decode(0, as: Bool.self) }
        guard hasEnded == [true] else { return nil }
        let rows = try await database.query(
            "SELECT client_id, told_at IS NOT NULL FROM auth.sso_clients WHERE session_id = \(session) ORDER BY client_id"
        ) { (id: try $0.decode(0, as: String.self), wasTold: try $0.decode(1, as: Bool.self)) }
        return rows.map { Told(name: clients.client($0.id)?.name ?? $0.id, wasTold: $0.wasTold) }
    }
}
