public import Foundation
public import ServiceKit

/// Which tickets are looked for. Nothing asked for: all.
public struct TicketSearch: Sendable, Hashable {
    /// What the title has, or the id begins with; nil: anything.
    public let text: SearchText?
    /// Only those that are open, or closed; nil: both.
    public let status: Ticket.Status?
    /// Only this user's; nil: everybody's.
    public let assignee: UUID?

    /// Fewer letters have no index that finds them.
    public static let fewestLetters = 3

    /// - Parameter text: A part of the title, upper and lower case alike, or the beginning of the id; nil or blank: anything.
    /// - Throws: `TicketError.Code.invalid` of the field `search` where the text is too short.
    public init(text: String? = nil, status: Ticket.Status? = nil, assignee: UUID? = nil) throws(TicketError) {
        self.text = text.flatMap { SearchText($0) }
        self.status = status
        self.assignee = assignee
        guard let letters = self.text?.letters, letters < Self.fewestLetters else { return }
        throw .invalid(
            "search",
            "expected at least \(Self.fewestLetters) letters of the title, or \(SearchText.fewestDigits) of the id"
        )
    }
}
