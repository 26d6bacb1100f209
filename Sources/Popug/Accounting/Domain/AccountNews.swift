/// What has come to an account since an entry.
public struct AccountNews: Sendable, Hashable {
    /// The account as it is with these entries.
    public let statement: AccountStatement
    /// The newest first; where there are more than are told, the last ones.
    public let entries: [LedgerEntry]
}
