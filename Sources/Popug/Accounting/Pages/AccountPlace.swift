import Foundation
import Hummingbird
import ServiceKit

/// A place in a list by names as addresses have it: the fields `after` and `before`.
enum AccountPlace {
    /// The account's id, and the name by which it stands where it does.
    static func text(of key: AccountKey) -> String { "\(key.userID.uuidString.lowercased()) \(key.name)" }

    /// - Throws: 400 where it is no place.
    static func of(_ visit: Visit) throws -> ListPlace<AccountKey> {
        if let text = visit.field("after") { return .after(try key(text)) }
        if let text = visit.field("before") { return .before(try key(text)) }
        return .start
    }

    private static func key(_ text: String) throws -> AccountKey {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let id = UUID(uuidString: String(parts[0])), !parts[1].unicodeScalars.contains("\0")
        else {
            throw HTTPError(.badRequest, message: "This is no place in the list: begin at its first page.")
        }
        return AccountKey(name: String(parts[1]), userID: id)
    }
}
