import HTTPKit
import OpenSSL
package import Times

/// The sessions of a program's pages, in its memory: after a restart people are led through the issuer again.
package actor PageSessions {
    /// Is told of each session that has ended, however: its streams end with it.
    package typealias OnEnd = @Sendable (_ id: String) async -> Void

    /// The bytes of the number that stands for a session.
    static let secretLength = 32

    private let limit: Int
    private let onEnd: OnEnd
    private let now: @Sendable () -> Timestamp
    private var sessions: [String: PageSession] = [:]
    private var usedTokens = RecentNames(life: .seconds(600))
    private var endedAtIssuer = RecentNames(life: .seconds(900))

    /// - Parameters:
    ///   - limit: The most sessions at a time; beyond them the one goes that was not seen for longest. Default 10,000.
    ///   - now: For tests. Default: the system's clock.
    package init(
        limit: Int = 10_000,
        now: @escaping @Sendable () -> Timestamp = { .now },
        onEnd: @escaping OnEnd = { _ in }
    ) {
        (self.limit, self.now, self.onEnd) = (limit, now, onEnd)
    }

    /// How many there are.
    package var count: Int { sessions.count }

    /// Begins one.
    ///
    /// - Parameter issuedAt: When the issuer said who it is, in seconds since 1970.
    /// - Returns: The secret number for the browser; nobody else has it, and it is not kept here.
    /// - Throws: `LoginError.endedMeanwhile` where the issuer has ended the person's session there since.
    func begin(_ person: PagePerson, issuedAt: Int) async throws(LoginError) -> (secret: [UInt8], session: PageSession)
    {
        try check(person, issuedAt: issuedAt)
        let secret = RandomText.bytes(Self.secretLength)
        let session = PageSession(id: Self.id(of: secret), person: person, now: now())
        sessions[session.id] = session
        if sessions.count > limit { await makeRoom(besides: session.id) }
        return (secret, session)
    }

    /// The session that a number stands for; nil where there is none, or it has ended. It counts as seen.
    func session(of secret: [UInt8]) async -> PageSession? {
        let (id, now) = (Self.id(of: secret), now())
        guard let session = sessions[id] else { return nil }
        guard !session.hasEnded(now) else {
            await end(id)
            return nil
        }
        sessions[id]?.lastSeen = max(session.lastSeen, now)
        return sessions[id]
    }

    /// The issuer has said again who it is; false where there is no such session, or it is another person's.
    func renew(_ id: String, _ person: PagePerson, issuedAt: Int) throws(LoginError) -> Bool {
        try check(person, issuedAt: issuedAt)
        guard let session = sessions[id], session.person.subject.hasBytes(of: person.subject) else { return false }
        sessions[id]?.person = person
        sessions[id]?.verified = now()
        sessions[id]?.renewalFailed = nil
        return true
    }

    /// The issuer could not say who it is: it is not asked for a moment.
    func noteFailedRenewal(_ id: String) { sessions[id]?.renewalFailed = now() }

    /// Ends one, if it is there.
    package func end(_ id: String) async {
        guard sessions.removeValue(forKey: id) != nil else { return }
        await onEnd(id)
    }

    /// Ends what the issuer says. A token serves once.
    ///
    /// - Returns: How many have ended.
    /// - Throws: `LoginError.notVerified` for a token that was used before.
    func end(_ token: LogoutToken) async throws(LoginError) -> Int {
        let now = now()
        guard usedTokens.time(of: token.id, now: now) == nil else {
            throw LoginError(.notVerified, "the token of a logout was used before")
        }
        usedTokens.note(token.id, now: now)
        // A login of it may be under way. Both times are by the issuer's clock.
        let issued = Timestamp(milliseconds: Int64(clamping: token.issuedAt) * 1000)
        endedAtIssuer.note(Self.name(token.issuerSession, token.subject), now: issued)
        let ended = sessions.values.filter { session in
            let isOfSubject = token.subject.map { session.person.subject.hasBytes(of: $0) } ?? true
            let isOfSession = token.issuerSession.map { session.person.issuerSession?.hasBytes(of: $0) == true } ?? true
            return isOfSubject && isOfSession
        }
        for session in ended { await end(session.id) }
        return ended.count
    }

    /// Ends those whose time is over, so that their streams end, too.
    func sweep() async {
        let now = now()
        for session in sessions.values where session.hasEnded(now) { await end(session.id) }
    }

    private func check(_ person: PagePerson, issuedAt: Int) throws(LoginError) {
        let now = now()
        let names = [Self.name(person.issuerSession, nil), Self.name(nil, person.subject)]
        for name in names {
            guard let ended = endedAtIssuer.time(of: name, now: now) else { continue }
            guard Int(clamping: ended.milliseconds / 1000) < issuedAt else {
                throw LoginError(.endedMeanwhile, "the issuer has ended this session")
            }
        }
    }

    private func makeRoom(besides newest: String) async {
        await sweep()
        while sessions.count > limit,
            let quietest = sessions.values.filter({ $0.id != newest }).min(by: { $0.lastSeen < $1.lastSeen })
        { await end(quietest.id) }
    }

    /// A session at the issuer, or else a person there, in one set of names.
    private static func name(_ session: String?, _ subject: String?) -> String {
        session.map { "session \($0)" } ?? "subject \(subject ?? "")"
    }

    private static func id(of secret: [UInt8]) -> String { Base64URL.encode(SHA256.hash(secret)) }
}
