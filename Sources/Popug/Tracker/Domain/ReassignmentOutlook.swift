/// What a reassignment would do now.
public struct ReassignmentOutlook: Sendable, Hashable {
    /// How many tickets are open: each goes to an employee.
    public let openTickets: Int
    /// How many employees they are drawn from.
    public let employees: Int
}
