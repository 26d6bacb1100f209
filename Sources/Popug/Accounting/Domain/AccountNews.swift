public import Postgres

/// What has come to an account since an entry.
public struct AccountNews: Sendable, Hashable {
    /// An entry with its business day.
    public struct Entry: Sendable, Hashable {
        /// The day that the entry counts to.
        public let day: CalendarDate
        /// The entry.
        public let entry: LedgerEntry
    }

    /// The account as it is with these entries.
    public let statement: AccountStatement
    /// The newest first; where there are more than are told, the last ones.
    public let entries: [Entry]
}
