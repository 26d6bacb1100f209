import HTTPKit
import OpenSSL
package import Times

/// The sessions of a program's pages: who is logged in, and what ends it.
package struct PageSessions: Sendable {
    /// Is told of each session that has ended here, however: its streams end with it. Where several processes share a store, only the one
    /// that ended it is told.
    package typealias OnEnd = @Sendable (_ id: String) async -> Void

    /// The bytes of the number that stands for a session.
    static let secretLength = 32
    /// How long it is known who was logged out at the issuer: longer than a login takes, and than the issuer's tokens serve.
    package static let memory = Duration.seconds(900)

    /// Where they are kept.
    package let store: any SessionStore
    private let limit: Int
    private let onEnd: OnEnd
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - store: Default: the program's memory.
    ///   - limit: The most sessions at a time; beyond them the one goes that was not seen for longest. Default 10,000.
    ///   - now: For tests. Default: the system's clock.
    package init(
        store: any SessionStore = MemorySessions(),
        limit: Int = 10_000,
        now: @escaping @Sendable () -> Timestamp = { .now },
        onEnd: @escaping OnEnd = { _ in }
    ) {
        (self.store, self.limit, self.onEnd, self.now) = (store, limit, onEnd, now)
    }

    /// Begins one.
    ///
    /// - Parameters:
    ///   - idToken: What it said, word for word. Default: it is not kept.
    ///   - issuedAt: When the issuer said who it is, in seconds since 1970.
    /// - Returns: The secret number for the browser; nobody else has it, and it is not kept here.
    /// - Throws: `LoginError.endedMeanwhile` where the issuer has ended the person's session there since.
    func begin(_ person: PagePerson, idToken: String? = nil, issuedAt: Int) async throws -> (
        secret: [UInt8], session: PageSession
    ) {
        let secret = RandomText.bytes(Self.secretLength)
        let session = PageSession(id: Self.id(of: secret), person: person, idToken: Self.kept(idToken), now: now())
        try await store.add(session)
        try await endIfEndedMeanwhile(session.id, person, issuedAt: issuedAt)
        for id in try await store.remove(beyond: limit, besides: session.id) { await onEnd(id) }
        return (secret, session)
    }

    /// The session that a number stands for; nil where there is none, or it has ended. It counts as seen.
    func session(of secret: [UInt8]) async throws -> PageSession? {
        let (id, now) = (Self.id(of: secret), now())
        guard var session = try await store.session(id) else { return nil }
        guard !session.hasEnded(now) else {
            try await end(id)
            return nil
        }
        if now - session.lastSeen >= PageSession.seenEach {
            try await store.see(id, at: now)
            session.lastSeen = now
        }
        return session
    }

    /// The issuer has said again who it is; false where there is no such session, or it is another person's.
    func renew(_ id: String, _ person: PagePerson, idToken: String? = nil, issuedAt: Int) async throws -> Bool {
        guard try await store.renew(id, person, idToken: Self.kept(idToken), at: now()) else { return false }
        try await endIfEndedMeanwhile(id, person, issuedAt: issuedAt)
        return true
    }

    /// The issuer could not say who it is: it is not asked for a moment.
    func noteFailedRenewal(_ id: String) async throws { try await store.noteFailedRenewal(id, at: now()) }

    /// Ends one, if it is there.
    package func end(_ id: String) async throws {
        if try await store.remove(id) { await onEnd(id) }
    }

    /// Ends what the issuer says. A token serves once.
    ///
    /// - Returns: How many have ended.
    /// - Throws: `LoginError.notVerified` for a token that was used before.
    func end(_ token: LogoutToken) async throws -> Int {
        // Both times are by the issuer's clock. A login may be under way: it looks for this name after it has added its session.
        let issued = Timestamp(milliseconds: Int64(clamping: token.issuedAt) * 1000)
        try await store.note(Self.name(token.issuerSession, token.subject), at: issued)
        guard try await store.noteNew("token \(token.id)", at: now()) else {
            throw LoginError(.notVerified, "the token of a logout was used before")
        }
        let ended = try await store.remove(ofSubject: token.subject, issuerSession: token.issuerSession)
        for id in ended { await onEnd(id) }
        return ended.count
    }

    /// Ends those whose time is over, so that their streams end, too.
    func sweep() async throws {
        let now = now()
        let ended = try await store.remove(
            begunBy: now + (.zero - PageSession.longestLife),
            orSeenBy: now + (.zero - PageSession.longestPause)
        )
        for id in ended { await onEnd(id) }
    }

    /// A session is added or renewed first, and looked at then; a logout is noted first, and sessions are removed then. So one of the
    /// two sees the other.
    private func endIfEndedMeanwhile(_ id: String, _ person: PagePerson, issuedAt: Int) async throws {
        let now = now()
        for name in [Self.name(person.issuerSession, nil), Self.name(nil, person.subject)] {
            guard let ended = try await store.time(of: name, now: now) else { continue }
            guard Int(clamping: ended.milliseconds / 1000) < issuedAt else {
                try await end(id)
                throw LoginError(.endedMeanwhile, "the issuer has ended this session")
            }
        }
    }

    /// A token that fits into a sealed cookie.
    private static func kept(_ idToken: String?) -> String? { idToken.flatMap { $0.utf8.count <= 2500 ? $0 : nil } }

    /// A session at the issuer, or else a person there, in one set of names.
    private static func name(_ session: String?, _ subject: String?) -> String {
        session.map { "session \($0)" } ?? "subject \(subject ?? "")"
    }

    private static func id(of secret: [UInt8]) -> String { Base64URL.encode(SHA256.hash(secret)) }
}
