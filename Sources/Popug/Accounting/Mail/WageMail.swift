import Foundation
import Perch
import PopugEvents
import Postgres

/// The mail that tells somebody of a wage, as a text: no I/O. The same wage gives the same bytes.
///
/// Names and addresses are other people's texts: what they hold cannot end a header, begin another one or add a receiver.
struct WageMail: Sendable {
    let event: UUID
    let user: UUID
    /// Nil where the events did not tell.
    let name: String?
    let address: MailAddress
    let amount: Money
    /// Nil where the ledger does not know the wage.
    let day: CalendarDate?
    let time: Timestamp
    /// Whom it is from.
    var sender = MailAddress.accounting

    /// A mail by [RFC 5322](https://www.rfc-editor.org/rfc/rfc5322), lines ended by CRLF, the body in UTF-8.
    var text: String {
        let line = MailHeader.oneLine(name ?? "")
        let shown = line.isEmpty ? String(user.text.prefix(8)) : line
        let body = [
            "Hello \(shown),", "",
            "your wage\(day.map { " of \($0)" } ?? ""): \(amount)", "",
            "Your balance is paid out with it. What you earn from now on is paid on the next pay day.", "",
            "UberPopug Inc., accounting",
        ]
        let isASCII = body.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
        let headers = [
            "Date: \(MailHeader.date(time))",
            "From: UberPopug Accounting <\(sender.text)>",
            "To: \(MailHeader.phrase(shown))\(MailHeader.fold)<\(address.text)>",
            "Message-ID: <\(event.text)@\(Self.domain)>",
            "Subject: Your wage\(day.map { " of \($0)" } ?? ""): \(amount)",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: \(isASCII ? "7bit" : "8bit")",
        ]
        return (headers + [""] + body).map { $0 + "\r\n" }.joined()
    }

    /// Reserved for examples (RFC 2606): nobody else's.
    static let domain = "popug.example"
}
