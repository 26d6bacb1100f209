import Foundation
import OpenSSL
import Perch
import Postgres

/// The id of a wage: of its ledger entry's event and so of `user_wage_paid`.
enum WageID {
    /// Follows from who is paid for which day, so that no retry can pay or publish a second time: the ledger and every
    /// consumer know an event by its id. Version 8 (RFC 9562): bits of a SHA-256.
    static func of(_ user: UUID, for day: CalendarDate) -> UUID {
        var bytes = Array(SHA256.hash("popug user_wage_paid \(day) \(user.text)".utf8).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
