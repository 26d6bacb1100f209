public import ServiceKit

extension Ticket {
    static let schema = Schema.object(
        "Ticket",
        [
            .required("ticket_id", .id), .required("title", .string(length: 1...500)),
            .optional("description", .string(length: 0...10_000)), .required("status", .oneOf(Ticket.Status.self)),
            .required("assignee_id", .id), .required("created_by", .id), .required("created_at", .time),
            .optional("closed_at", .time),
        ]
    )
}

extension Problem.Kind {
    /// There is nobody to assign a ticket to.
    static let noEmployee = Self("no-employee", .conflict, "There is no employee yet")
    /// A closed ticket is never opened or closed again.
    static let ticketClosed = Self("ticket-closed", .conflict, "The ticket is closed already")
}

extension TicketError: ProblemConvertible {
    /// What the client is answered.
    public var problem: Problem {
        switch code {
        case .noEmployee: Problem(.noEmployee, message)
        case .notFound: Problem(.notFound, message)
        case .notAssignee: Problem(.forbidden, message)
        case .closed: Problem(.ticketClosed, message)
        default: field.map { .invalid($0, message) } ?? Problem(.invalidValues, message)
        }
    }
}
