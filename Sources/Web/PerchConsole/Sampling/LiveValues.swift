import PageKit

/// All values that pages keep fresh, by key, of one look.
///
/// A key begins with the page that shows it: `groups/accounting/tickets/lag`. Each page adds its own.
enum LiveValues {
    static func of(_ snapshot: SystemSnapshot) -> [LiveKey: String] {
        var values: [LiveKey: String] = [:]
        for add in pages { add(snapshot, &values) }
        return values
    }

    private static let pages: [@Sendable (SystemSnapshot, inout [LiveKey: String]) -> Void] = [
        GroupPage.addLive,
        GroupsPage.addLive,
        OverviewPage.addLive,
        TopicPage.addLive,
        TopicsPage.addLive,
        WorkersPage.addLive,
    ]
}

extension [LiveKey: String] {
    mutating func set(_ key: String, _ figure: Figure) { self[LiveKey(key)] = figure.text }
}
