import OpenSSL

/// A program that people log in to by auth. Whoever runs auth has registered it.
struct OpenIDClient: Sendable, Hashable {
    /// How it names itself: `tracker`.
    let id: String
    /// As people know it: `Tickets`.
    let name: String
    /// SHA-256: a secret is drawn at random, so that there is nothing to guess.
    let secretHash: [UInt8]
    /// Where people are led back to. They are compared byte by byte.
    let redirectURIs: [String]
    /// Where a link leads back to after a logout.
    let postLogoutURIs: [String]
    /// Where it is told who has logged out; nil: it is not told.
    let backChannelURI: String?
    /// Whether it calls the services in the name of who logs in. A program of pages does not: it is told who they are, and
    /// no more.
    let getsTokens: Bool

    /// It takes as long for a wrong one as for a right one.
    func hasSecret(_ secret: String) -> Bool { SecureBytes.areEqual(SHA256.hash(secret.utf8), secretHash) }

    func leads(backTo uri: String) -> Bool { redirectURIs.contains { $0.utf8.elementsEqual(uri.utf8) } }

    func leads(afterLogoutTo uri: String) -> Bool { postLogoutURIs.contains { $0.utf8.elementsEqual(uri.utf8) } }
}
