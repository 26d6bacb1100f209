/// Where a mail server is, how it is spoken to, and who sends.
public struct SMTPConfiguration: Sendable, Hashable, CustomStringConvertible {
    /// When TLS begins. With it, the server's certificate is always verified, and that it is for `host`.
    public enum Encryption: Sendable, Hashable {
        /// With the connection: `smtps://`.
        case fromTheStart
        /// By STARTTLS; a server that does not offer it gets neither mail nor password.
        case startTLS
        /// Never: for a server on this machine, or in a network that is trusted. There is no login then.
        case none
    }

    /// A name, or an address without brackets.
    public let host: String
    /// 465 for `smtps://`, 587 for `smtp://`, unless the URL says otherwise.
    public let port: Int
    /// Default of `smtp://`: `startTLS`.
    public let encryption: Encryption
    /// Who logs in; nil: nobody.
    public let user: String?
    let password: SMTPSecret?
    /// A file of certificates in PEM: the CAs that are trusted; nil: those that the system trusts.
    public let authorities: String?
    /// Whose mails are sent, as an address; nil where the URL does not say.
    public let sender: String?
    /// How long one attempt to send a mail may take: connecting, TLS, login and the mail itself. Looking up the server's name may
    /// take longer, where the system waits longer for it.
    public let timeout: Duration

    /// Where it is; no user, no password.
    public var description: String {
        "\(encryption == .fromTheStart ? "smtps" : "smtp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
