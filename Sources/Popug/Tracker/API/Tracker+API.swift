import Foundation
import Perch
import PopugEvents
public import Postgres
public import ServiceKit

extension Tracker {
    /// The HTTP API: tickets.
    ///
    /// - Parameter database: As the service's role.
    public static func api(database: Database) -> API {
        let tickets = Tickets()
        let ticketID = Parameter<UUID>.path("ticket_id", "The ticket.")
        return API(
            service: "tracker",
            title: "Tickets: who creates, has and closes them.",
            calls: [
                APICall(
                    .post,
                    "/v1/tickets",
                    "Create a ticket; it is assigned to an employee drawn at random.",
                    access: .anyUser,
                    body: .json(NewTicket.schema),
                    answer: .json(.created, Ticket.schema, "The ticket, open."),
                    problems: [.noEmployee]
                ) { request in
                    let new = try request.body(NewTicket.self)
                    let user = try request.user
                    return try .json(
                        await tickets.create(
                            title: new.title,
                            description: new.description,
                            by: user.id,
                            in: database
                        )
                    )
                },
                list(tickets, database),
                APICall(
                    .get,
                    "/v1/tickets/{ticket_id}",
                    "A ticket.",
                    access: .anyUser,
                    parameters: [ticketID.description],
                    answer: .json(Ticket.schema, "The ticket as it is now."),
                    problems: [.notFound]
                ) { request in
                    guard let ticket = try await tickets.ticket(try request.require(ticketID), in: database) else {
                        throw TicketError.notFound
                    }
                    return try .json(ticket)
                },
                APICall(
                    .post,
                    "/v1/tickets/{ticket_id}/close",
                    "Close a ticket. Its assignee alone does that, once.",
                    access: .anyUser,
                    parameters: [ticketID.description],
                    answer: .json(Ticket.schema, "The ticket, closed."),
                    problems: [.forbidden, .notFound, .ticketClosed]
                ) { request in
                    let user = try request.user
                    return try .json(
                        await tickets.close(try request.require(ticketID), by: user.id, in: database)
                    )
                },
                APICall(
                    .post,
                    "/v1/tickets/reassign",
                    "Assign every open ticket to an employee drawn at random.",
                    access: .roles(.manager, .admin),
                    answer: .json(
                        .object([.required("reassigned", .integer(in: 0 ... .max))]),
                        "How many tickets were reassigned."
                    ),
                    problems: [.noEmployee]
                ) { request in
                    // A press of its own each time: the call has no id by which it could be known again.
                    let press = try await Reassignments().press(.v7(), by: try request.user.id, in: database)
                    return try .json(["reassigned": press.tickets ?? 0])
                },
            ]
        )
    }

    private static func list(_ tickets: Tickets, _ database: Database) -> APICall {
        let status = Parameter<Ticket.Status>.query("status", "Only tickets that are open, or closed.")
        let assignee = Parameter<AssigneeFilter>.assignee
        return APICall(
            .get,
            "/v1/tickets",
            "Tickets, the newest first.",
            access: .anyUser,
            parameters: [
                status.description, assignee.description, Parameter.limit.description, Parameter.cursor.description,
            ],
            answer: .json(.page(of: Ticket.schema), "A page of tickets.")
        ) { request in
            let limit = try request.require(.limit)
            let user = try request.user
            let after = try request[.cursor].map { try $0.decoded(as: UUID.self) }
            let rows = try await tickets.list(
                status: try request[status],
                assignee: try request[assignee]?.user(of: user),
                after: after,
                limit: limit + 1,
                in: database
            )
            return try .json(CursorPage(rows, limit: limit) { Cursor($0.ticketID.text) })
        }
    }
}

/// What a client sends to create a ticket.
private struct NewTicket: Decodable {
    let title: String
    let description: String?

    static let schema = Schema.object(
        "NewTicket",
        [
            .required("title", .line(length: 1...500), "One line."),
            .optional("description", .lines(length: 0...10_000)),
        ]
    )
}

/// `?assignee=me` or a user's id.
private enum AssigneeFilter: Sendable {
    case me
    case user(UUID)

    func user(of caller: AuthenticatedUser) -> UUID {
        switch self {
        case .me: caller.id
        case .user(let id): id
        }
    }
}

extension Parameter where Value == AssigneeFilter {
    fileprivate static var assignee: Parameter {
        .query("assignee", .either(["me"], or: .id), "Only tickets of this user; me: of the caller.") { text in
            text == "me" ? .me : UUID(uuidString: text).map { .user($0) }
        }
    }
}
