import CCurl
import Synchronization

/// Sends mails to one server, by SMTP, through libcurl.
///
/// Each call blocks its thread until the server has answered: never call it on a thread of Swift's shared pool. Calls from several
/// threads run side by side, each on a connection of its own. A connection is kept for the next mail, for five seconds.
public final class SMTPClient: Sendable {
    /// What it was made with.
    public let configuration: SMTPConfiguration
    /// Seconds for which a connection is kept.
    private let rest: Int
    private let idle = Mutex<[SMTPSession]>([])

    /// Connects to nothing yet.
    public convenience init(_ configuration: SMTPConfiguration) { self.init(configuration, keepingConnections: 5) }

    init(_ configuration: SMTPConfiguration, keepingConnections seconds: Int) {
        self.configuration = configuration
        rest = seconds
    }

    /// libcurl and the TLS library that it uses: `libcurl 7.88.1, OpenSSL/3.0.15`.
    public static var library: String {
        guard let info = curl_what_it_is()?.pointee else { return "libcurl" }
        return "libcurl \(info.version.map(String.init(cString:)) ?? "?"), "
            + "\(info.ssl_version.map(String.init(cString:)) ?? "no TLS")"
    }

    /// Whether a text can stand as an address in a command of SMTP: nothing in it ends the address or the line.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value != 0x7F && !"<>\"\\,;()[]:".unicodeScalars.contains(scalar)
            }
    }

    /// Sends one mail to one receiver. Returns when the server has taken it.
    ///
    /// - Parameters:
    ///   - mail: Headers and body, lines ended by CRLF.
    ///   - sender: Where answers that it cannot be delivered go.
    ///   - receiver: An address.
    /// - Throws: `SMTPError`. The receiver's address is not in its text, even where the server repeats it.
    public func send(_ mail: String, from sender: String, to receiver: String) throws(SMTPError) {
        guard Self.isAddress(sender), Self.isAddress(receiver) else {
            throw SMTPError(.refused, "an address cannot be written in a command of SMTP")
        }
        guard let session = idle.withLock({ $0.popLast() }) ?? SMTPSession(configuration, keepingConnection: rest)
        else {
            throw SMTPError(.unreachable, "libcurl cannot be used for \(configuration)")
        }
        // With the connection that it has, or without one.
        defer { idle.withLock { $0.append(session) } }
        let deadline = ContinuousClock.now + configuration.timeout
        let bytes = Array(mail.utf8)
        func attempt(isNew: Bool) -> SMTPSession.Outcome {
            session.send(
                bytes,
                from: sender,
                to: receiver,
                until: deadline,
                onNewConnection: isNew
            )
        }
        var outcome = attempt(isNew: false)
        // Servers end connections that have served for a while, and say so at the next mail or not at all: the mail has not begun.
        if !outcome.isNewConnection, outcome.hasEndedBeforeMail { outcome = attempt(isNew: true) }
        if let failure = outcome.failure(configuration, hiding: receiver) { throw failure }
    }
}
