public import Foundation
public import ServiceKit

/// A page of a search, and how many tickets it finds in all.
public struct FoundTickets: Sendable {
    /// The most that are counted.
    public static let longestCount = 1_000

    /// The newest first, each by its id.
    public let page: ListPage<ShownTicket, UUID>
    /// How many the search finds, on all pages: up to `longestCount`, and one more where there are more.
    public let count: Int

    /// There are more than were counted.
    public var isMoreThanCounted: Bool { count > Self.longestCount }
}
