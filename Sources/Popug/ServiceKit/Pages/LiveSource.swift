package import PageKit

/// Knows the values that open pages of a service show.
package protocol LiveSource: Sendable {
    /// The values of these keys as they are now; those that it does not know are left out. One call serves all who look, each second, and
    /// none is made while nobody does.
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String]

    /// What has come to these tables past what their pages have; those to which nothing has come are left out. One call serves all, as
    /// above. Default: no page has such a table.
    func rows(of feeds: Set<LiveFeed>) async throws -> [LiveFeed: LiveRows]
}

extension LiveSource {
    package func rows(of feeds: Set<LiveFeed>) async throws -> [LiveFeed: LiveRows] { [:] }
}
