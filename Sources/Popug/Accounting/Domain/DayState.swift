/// What has become of a business day.
public enum DayState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Entries go to it: it is today, or comes yet.
    case open
    /// It is over, and nobody has closed it.
    case due
    /// It is closed, and not all accounts are paid.
    case paying
    /// It is closed, and all accounts are paid.
    case closed
}
