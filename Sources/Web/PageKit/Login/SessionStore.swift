package import Times

/// Where the sessions of pages are kept: in the memory of a program, or where all processes of one program see them.
///
/// `PageSessions` decides what becomes of them; a store only keeps them. Each call is done as a whole or not at all, and what it has
/// done is seen by each call that begins afterwards.
package protocol SessionStore: Sendable {
    /// Keeps a session.
    func add(_ session: PageSession) async throws

    /// The session of this id; nil where there is none.
    func session(_ id: String) async throws -> PageSession?

    /// Notes a request. An earlier time changes nothing.
    func see(_ id: String, at time: Timestamp) async throws

    /// Notes what the issuer has said now, of the same subject; its token takes the place of the one before.
    ///
    /// - Returns: False where there is no such session, or it is another subject's.
    func renew(_ id: String, _ person: PagePerson, idToken: String?, at time: Timestamp) async throws -> Bool

    /// Notes that the issuer could not say.
    func noteFailedRenewal(_ id: String, at time: Timestamp) async throws

    /// Keeps what the person's next page says; a later message takes its place.
    func leave(_ message: String, for id: String) async throws

    /// What was kept for the next page; nil where nothing was. It is given once.
    func takeMessage(for id: String) async throws -> String?

    /// Which of these sessions are there.
    func present(of ids: Set<String>) async throws -> Set<String>

    /// Forgets a session.
    ///
    /// - Returns: Whether it was there.
    func remove(_ id: String) async throws -> Bool

    /// Forgets those of a person, or of a session at the issuer, or of both where both are named.
    ///
    /// - Returns: Their ids.
    func remove(ofSubject subject: String?, issuerSession: String?) async throws -> [String]

    /// Forgets those that began, or were seen last, as long ago as that.
    ///
    /// - Returns: Their ids.
    func remove(begunBy began: Timestamp, orSeenBy seen: Timestamp) async throws -> [String]

    /// Forgets those that were not seen for longest, until there are no more than that.
    ///
    /// - Parameter newest: Stays.
    /// - Returns: Their ids.
    func remove(beyond most: Int, besides newest: String) async throws -> [String]

    /// Notes a name, to be forgotten `PageSessions.memory` after that time. The later time wins.
    func note(_ name: String, at time: Timestamp) async throws

    /// Notes a name that is not known.
    ///
    /// - Returns: Whether it was new.
    func noteNew(_ name: String, at time: Timestamp) async throws -> Bool

    /// The time of a name that was noted; nil where there is none, or it is forgotten by now.
    func time(of name: String, now: Timestamp) async throws -> Timestamp?
}
