package import Times

/// A login of a person at our pages. It lives on the server; a browser only has a random number that stands for it.
package struct PageSession: Sendable, Hashable {
    /// How long it lasts, whatever happens.
    package static let longestLife = Duration.seconds(12 * 3600)
    /// How long it lasts without a request.
    package static let longestPause = Duration.seconds(3600)
    /// How long requests after the last that was noted are not noted themselves: what is kept on a server is not written for each page.
    static let seenEach = Duration.seconds(30)
    /// How old what the issuer said may be before it is asked again.
    package static let timeToRenewal = Duration.seconds(900)
    /// How long after that the issuer may go on saying that it cannot tell. While it does not answer at all nobody is logged out by it.
    static let renewalPatience = Duration.seconds(3600)
    /// How soon the issuer is asked again after it could not tell.
    static let renewalPause = Duration.seconds(60)

    /// Names it: for tokens of forms, streams, limits and logs. Who knows it has nothing.
    package let id: String
    /// As the issuer said last.
    package internal(set) var person: PagePerson
    /// What the issuer said of it last, word for word: a logout there is not asked for once more. It opens nothing. Nil where it is long.
    package internal(set) var idToken: String?
    /// When the person logged in.
    package let started: Timestamp
    /// The last request.
    package internal(set) var lastSeen: Timestamp
    /// When the issuer last said who it is.
    package internal(set) var verified: Timestamp
    /// When the issuer last could not tell.
    package internal(set) var renewalFailed: Timestamp?
    /// Whether something was left for its next page to say.
    package var hasMessage = false
    /// Whether it should have been renewed by now, and could not be.
    package internal(set) var isRenewalLate = false

    init(id: String, person: PagePerson, idToken: String? = nil, now: Timestamp) {
        self.idToken = idToken
        (self.id, self.person, started, lastSeen, verified) = (id, person, now, now, now)
    }

    /// One that was kept.
    package init(
        id: String,
        person: PagePerson,
        idToken: String?,
        started: Timestamp,
        lastSeen: Timestamp,
        verified: Timestamp,
        renewalFailed: Timestamp?
    ) {
        (self.id, self.person, self.idToken) = (id, person, idToken)
        (self.started, self.lastSeen) = (started, lastSeen)
        (self.verified, self.renewalFailed) = (verified, renewalFailed)
    }

    /// What a page should say on top: that the login cannot be renewed. Nil where all is well.
    package var notice: Notice? {
        guard isRenewalLate else { return nil }
        return Notice("Login cannot be renewed", "The issuer does not answer. You stay logged in for now.")
    }

    func hasEnded(_ now: Timestamp) -> Bool {
        now - started >= Self.longestLife || now - lastSeen >= Self.longestPause
    }

    func isDue(_ now: Timestamp) -> Bool { now - verified >= Self.timeToRenewal }

    func isOverdue(_ now: Timestamp) -> Bool { now - verified >= Self.timeToRenewal + Self.renewalPatience }

    /// Whether the issuer has said a moment ago that it cannot tell.
    func waitsForRenewal(_ now: Timestamp) -> Bool {
        renewalFailed.map { now - $0 < Self.renewalPause } ?? false && !isOverdue(now)
    }
}
