import Foundation
import Perch
import SMTP
import Synchronization

/// A mail server that takes mails of wages, by SMTP.
public final class MailServer: Sendable, CustomStringConvertible {
    private let client: SMTPClient
    /// Whom the mails are from.
    let sender: MailAddress
    private let taken = Mutex(TakenMails())

    /// Connects to nothing yet.
    ///
    /// - Parameter url: `smtps://[user:password@]host[:port]` or `smtp://…`; what stands behind the `?` is that of
    ///   `SMTPConfiguration.init(url:)`.
    /// - Throws: `SMTPError`, which names the part that is wrong and repeats nothing of the URL.
    public init(url: String) throws {
        client = SMTPClient(try SMTPConfiguration(url: url))
        guard let sender = client.configuration.sender else {
            self.sender = .accounting
            return
        }
        guard let address = MailAddress(sender) else { throw UnfitSender() }
        self.sender = address
    }

    /// Where it is; no user, no password.
    public var description: String { client.configuration.description }

    /// The file of the CAs that are trusted, where the URL names one.
    var authorities: String? { client.configuration.authorities }

    /// Sends a mail. Blocks this thread until the server has taken it, or the time of an attempt is over.
    ///
    /// A mail that the server has taken is not sent again by this process: a round that did not commit comes again, for reasons that are
    /// not the mail's.
    /// - Throws: A rejection where the server refuses the mail for good; else `SMTPError`, after which it is tried again.
    func send(_ mail: WageMail) throws {
        let isTaken = taken.withLock { $0.contains(mail.event) }
        if isTaken { return }
        if let failure = failure(sending: mail) {
            guard failure.code == .refused else { throw failure }
            throw HandlerVerdict.reject(failure.message)
        }
        taken.withLock { $0.insert(mail.event) }
    }

    private func failure(sending mail: WageMail) -> SMTPError? {
        do {
            try client.send(mail.text, from: sender.text, to: mail.address.text)
            return nil
        } catch {
            return error
        }
    }
}

/// The sender is an address, and not one that these mails can have.
private struct UnfitSender: Error, CustomStringConvertible {
    var description: String { "from: expected a plain address such as accounting@popug.example" }
}
