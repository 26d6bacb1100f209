/// Some rows of a list, with the places of the pages beside them.
public struct ListPage<Item: Sendable, Key: Sendable & Hashable>: Sendable {
    /// In the list's order.
    public let items: [Item]
    /// Where the page before this one is; nil on the first.
    public let previous: ListPlace<Key>?
    /// Where the page after this one is; nil on the last.
    public let next: ListPlace<Key>?

    /// - Parameters:
    ///   - rows: What is at the place, one more than `limit` where there is one more. Before a row they come backwards, the
    ///     nearest first, as a query finds them.
    ///   - limit: How many rows a page has, at most.
    ///   - key: What tells a row's place in the list.
    public init(_ rows: [Item], at place: ListPlace<Key>, limit: Int, key: (Item) -> Key) {
        let shown = rows.prefix(limit)
        let hasMore = rows.count > limit
        switch place {
        case .start, .after:
            items = Array(shown)
            next = hasMore ? items.last.map { .after(key($0)) } : nil
            previous = place == .start ? nil : items.first.map { .before(key($0)) }
        case .before:
            items = shown.reversed()
            next = items.last.map { .after(key($0)) }
            previous = hasMore ? items.first.map { .before(key($0)) } : nil
        }
    }
}
