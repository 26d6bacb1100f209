/// One condition of being ready.
public struct ReadinessCheck: Sendable {
    /// Names it where it fails: `database`.
    public let name: String
    /// nil: it holds. Else why not, in a few words that anybody may read: no addresses, no secrets.
    let failure: @Sendable () async -> String?

    /// - Parameter failure: nil where it holds; else why not, without secrets. Cancelled if it takes too long.
    public init(_ name: String, failure: @escaping @Sendable () async -> String?) {
        self.name = name
        self.failure = failure
    }
}
