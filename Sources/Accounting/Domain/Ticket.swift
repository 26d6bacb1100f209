import Foundation
import PopugEvents

/// A ticket as accounting knows it.
struct Ticket: Hashable {
    let id: UUID
    let title: String
    let price: Price
    var assignee: UUID
    var isClosed = false
}
