package import PageKit
import Perch
package import Postgres

/// The sessions of a service's pages, in its database: all of its processes have the same, and a restart ends none.
///
/// The service's schema has the tables of `WebSessions.tables(in:)`.
package struct WebSessions: SessionStore {
    private let database: Database
    private let schema: String

    /// - Parameter schema: The service's own.
    package init(database: Database, schema: String) { (self.database, self.schema) = (database, schema) }

    package func add(_ session: PageSession) async throws {
        let person = session.person
        try await database.execute(
            """
            INSERT INTO \(identifier: schema).web_sessions
                (session_id, user_id, name, roles, issuer_session, id_token, began_at, seen_at, checked_at)
            VALUES (\(session.id), \(person.subject), \(person.name), \(person.roles), \(person.issuerSession),
                \(session.idToken), \(session.started), \(session.lastSeen), \(session.verified))
            """
        )
    }

    package func session(_ id: String) async throws -> PageSession? {
        try await database.query(
            """
            SELECT session_id, user_id, name, roles, issuer_session, id_token, began_at, seen_at, checked_at, not_checked_at,
                message IS NOT NULL AS has_message
            FROM \(identifier: schema).web_sessions WHERE session_id = \(id)
            """
        ) { row in
            let person = PagePerson(
                subject: try row.decode("user_id"),
                name: try row.decode("name"),
                roles: try row.decode("roles"),
                issuerSession: try row.decode("issuer_session")
            )
            var session = PageSession(
                id: try row.decode("session_id"),
                person: person,
                idToken: try row.decodeIfPresent("id_token"),
                started: try row.decode("began_at"),
                lastSeen: try row.decode("seen_at"),
                verified: try row.decode("checked_at"),
                renewalFailed: try row.decode("not_checked_at")
            )
            session.hasMessage = try row.decode("has_message")
            return session
        }.first
    }

    package func see(_ id: String, at time: Timestamp) async throws {
        try await database.execute(
            """
            UPDATE \(identifier: schema).web_sessions SET seen_at = \(time)
            WHERE session_id = \(id) AND seen_at < \(time)
            """
        )
    }

    package func renew(_ id: String, _ person: PagePerson, idToken: String?, at time: Timestamp) async throws -> Bool {
        try await database.execute(
            """
            UPDATE \(identifier: schema).web_sessions
            SET name = \(person.name), roles = \(person.roles), issuer_session = \(person.issuerSession),
                id_token = \(idToken), checked_at = \(time), not_checked_at = NULL
            WHERE session_id = \(id) AND user_id = \(person.subject)
            """
        ) > 0
    }

    package func noteFailedRenewal(_ id: String, at time: Timestamp) async throws {
        try await database.execute(
            "UPDATE \(identifier: schema).web_sessions SET not_checked_at = \(time) WHERE session_id = \(id)"
        )
    }

    package func leave(_ message: String, for id: String) async throws {
        try await database.execute(
            """
            UPDATE \(identifier: schema).web_sessions SET message = left(\(message), \(Self.longestMessage))
            WHERE session_id = \(id)
            """
        )
    }

    package func takeMessage(for id: String) async throws -> String? {
        try await database.query(
            """
            WITH taken AS (
                SELECT session_id, message FROM \(identifier: schema).web_sessions
                WHERE session_id = \(id) AND message IS NOT NULL FOR UPDATE
            )
            UPDATE \(identifier: schema).web_sessions s SET message = NULL
            FROM taken t WHERE s.session_id = t.session_id RETURNING t.message
            """
        ) { try $0.decode(0, as: String.self) }.first
    }

    package func present(of ids: Set<String>) async throws -> Set<String> {
        Set(
            try await database.query(
                "SELECT session_id FROM \(identifier: schema).web_sessions WHERE session_id = ANY(\(Array(ids)))"
            ) { try $0.decode(0, as: String.self) }
        )
    }

    package func remove(_ id: String) async throws -> Bool {
        try await database.execute("DELETE FROM \(identifier: schema).web_sessions WHERE session_id = \(id)") > 0
    }

    package func remove(ofSubject subject: String?, issuerSession: String?) async throws -> [String] {
        try await database.query(
            """
            DELETE FROM \(identifier: schema).web_sessions
            WHERE (\(subject) IS NULL OR user_id = \(subject))
                AND (\(issuerSession) IS NULL OR issuer_session = \(issuerSession))
                AND NOT (\(subject) IS NULL AND \(issuerSession) IS NULL)
            RETURNING session_id
            """
        ) { try $0.decode(0, as: String.self) }
    }

    package func remove(begunBy began: Timestamp, orSeenBy seen: Timestamp) async throws -> [String] {
        let ids = try await database.query(
            """
            DELETE FROM \(identifier: schema).web_sessions WHERE session_id IN (
                SELECT session_id FROM \(identifier: schema).web_sessions
                WHERE began_at <= \(began) OR seen_at <= \(seen) LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) RETURNING session_id
            """
        ) { try $0.decode(0, as: String.self) }
        // What serves nobody any more, in the same look.
        try await database.execute(
            "DELETE FROM \(identifier: schema).web_logouts WHERE at <= \(.now + (.zero - PageSessions.memory))"
        )
        return ids
    }

    package func remove(beyond most: Int, besides newest: String) async throws -> [String] {
        try await database.query(
            """
            DELETE FROM \(identifier: schema).web_sessions WHERE session_id IN (
                SELECT session_id FROM \(identifier: schema).web_sessions WHERE session_id <> \(newest)
                ORDER BY seen_at DESC, session_id OFFSET \(max(0, most - 1)) LIMIT 1000
            ) RETURNING session_id
            """
        ) { try $0.decode(0, as: String.self) }
    }

    package func note(_ name: String, at time: Timestamp) async throws {
        try await database.execute(
            """
            INSERT INTO \(identifier: schema).web_logouts AS l (name, at) VALUES (\(name), \(time))
            ON CONFLICT (name) DO UPDATE SET at = greatest(l.at, excluded.at)
            """
        )
    }

    package func noteNew(_ name: String, at time: Timestamp) async throws -> Bool {
        try await database.execute(
            """
            INSERT INTO \(identifier: schema).web_logouts (name, at) VALUES (\(name), \(time)) ON CONFLICT DO NOTHING
            """
        ) > 0
    }

    package func time(of name: String, now: Timestamp) async throws -> Timestamp? {
        try await database.query(
            """
            SELECT at FROM \(identifier: schema).web_logouts
            WHERE name = \(name) AND at > \(now + (.zero - PageSessions.memory))
            """
        ) { try $0.decode(0, as: Timestamp.self) }.first
    }

    private static let longestMessage: Int32 = 1000
}
