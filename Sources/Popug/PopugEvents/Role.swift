/// What a user may do.
public enum Role: String, Codable, Sendable, Hashable, CaseIterable {
    /// Is assigned tickets, closes them, and is paid.
    case employee
    /// Reassigns the open tickets.
    case manager
    /// Sees every account and what management earned.
    case accountant
    /// Creates users, reassigns the open tickets, sees every account and the analytics.
    case admin
}
