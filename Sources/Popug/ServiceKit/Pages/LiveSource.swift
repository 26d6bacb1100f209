package import PageKit

/// Knows the values that open pages of a service show.
package protocol LiveSource: Sendable {
    /// The values of these keys as they are now; those that it does not know are left out. One call serves all who look, each second, and
    /// none is made while nobody does.
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String]
}
