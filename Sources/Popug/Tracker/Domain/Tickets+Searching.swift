public import Foundation
public import Postgres
public import ServiceKit

extension Tickets {
    /// How many tickets a page of a list shows.
    public static let pageLength = 50

    /// Tickets with the names of their people, the newest first.
    ///
    /// - Parameter place: Which page; default: the first.
    /// - Throws: `PostgresError`.
    public func search(
        _ search: TicketSearch,
        at place: ListPlace<UUID> = .start,
        in database: Database
    ) async throws -> FoundTickets {
        try await database.transaction { tx in try self.search(search, at: place, in: tx) }
    }

    /// The same with this transaction.
    public func search(
        _ search: TicketSearch,
        at place: ListPlace<UUID> = .start,
        in tx: borrowing Transaction
    ) throws -> FoundTickets {
        // Each statement is planned for what is asked for: no one plan is good for a word that all titles have and for one that
        // none has, and only with the values known is a condition that asks for nothing left out.
        try tx.execute("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
        let rows = try tx.query(list(search, at: place)) { try ShownTicket($0) }
        let counts = try tx.query(count(search)) { try $0.decode(0, as: Int.self) }
        return FoundTickets(
            page: ListPage(rows, at: place, limit: Self.pageLength) { $0.ticket.ticketID },
            count: counts.first ?? 0
        )
    }

    /// A ticket with the names of its people; nil if there is none of this id.
    public func shown(_ id: UUID, in database: Database) async throws -> ShownTicket? {
        try await shown([id], in: database).first
    }

    /// Those of these tickets that there are, with the names of their people, the newest first.
    public func shown(_ ids: [UUID], in database: Database) async throws -> [ShownTicket] {
        try await database.query(
            """
            SELECT t.*, \(raw: Self.names)
            FROM tracker.tickets t \(raw: Self.people) WHERE t.ticket_id = ANY (\(ids)) ORDER BY t.ticket_id DESC
            """
        ) { try ShownTicket($0) }
    }

    /// Employees in the order of their names, to choose an assignee from.
    ///
    /// - Parameters:
    ///   - text: A part of the name, or at least 8 characters of the id; nil or blank: everybody.
    ///   - limit: How many at most. Default: as many as a page of tickets has.
    /// - Throws: `PostgresError`.
    public func employees(
        named text: String? = nil,
        limit: Int = Tickets.pageLength,
        in database: Database
    ) async throws -> [Employee] {
        let text = text.flatMap { SearchText($0) }
        return try await database.query(
            """
            SELECT user_id, name FROM (
                SELECT user_id, coalesce(name, left(user_id::text, 8)) AS name FROM tracker.users WHERE place IS NOT NULL
            ) AS e
            WHERE \(text?.pattern) IS NULL OR name ILIKE \(text?.pattern)
                OR user_id BETWEEN \(text?.firstID) AND \(text?.lastID)
            ORDER BY lower(name), user_id LIMIT \(limit)
            """
        ) { Employee(userID: try $0.decode("user_id"), name: try $0.decode("name")) }
    }

    /// A part for each kind of text, each with as many rows as are asked for: both at once have no index to go by. Of a text that
    /// is no beginning of an id the second one is left out.
    private func list(_ search: TicketSearch, at place: ListPlace<UUID>) -> SQL {
        let (pattern, first, last) = (search.text?.pattern, search.text?.firstID, search.text?.lastID)
        let (status, assignee, limit) = (search.status?.rawValue, search.assignee, Self.pageLength + 1)
        let (bound, isBeyond, order): (UUID, StaticString, StaticString) =
            switch place {
            case .start: (Self.greatestID, "<", "DESC")
            case .after(let id): (id, "<", "DESC")
            case .before(let id): (id, ">", "ASC")
            }
        return """
            SELECT t.*, \(raw: Self.names) FROM (
                (
                    SELECT t.* FROM tracker.titles s JOIN tracker.tickets t USING (ticket_id)
                    WHERE (\(pattern) IS NULL OR s.title ILIKE \(pattern))
                        AND NOT coalesce(s.ticket_id BETWEEN \(first) AND \(last), false) AND s.ticket_id \(raw: isBeyond) \(bound)
                        AND (\(status) IS NULL OR status = \(status)) AND (\(assignee) IS NULL OR assignee_id = \(assignee))
                    ORDER BY s.ticket_id \(raw: order) LIMIT \(limit)
                ) UNION ALL (
                    SELECT * FROM tracker.tickets
                    WHERE ticket_id BETWEEN \(first) AND \(last) AND ticket_id \(raw: isBeyond) \(bound)
                        AND (\(status) IS NULL OR status = \(status)) AND (\(assignee) IS NULL OR assignee_id = \(assignee))
                    ORDER BY ticket_id \(raw: order) LIMIT \(limit)
                )
                ORDER BY ticket_id \(raw: order) LIMIT \(limit)
            ) AS t \(raw: Self.people) ORDER BY t.ticket_id \(raw: order)
            """
    }

    /// How many there are in the same parts.
    private func count(_ search: TicketSearch) -> SQL {
        let (pattern, first, last) = (search.text?.pattern, search.text?.firstID, search.text?.lastID)
        let (status, assignee, limit) = (search.status?.rawValue, search.assignee, FoundTickets.longestCount + 1)
        return """
            SELECT count(*) FROM (
                (
                    SELECT FROM tracker.titles s JOIN tracker.tickets t USING (ticket_id)
                    WHERE (\(pattern) IS NULL OR s.title ILIKE \(pattern))
                        AND NOT coalesce(s.ticket_id BETWEEN \(first) AND \(last), false)
                        AND (\(status) IS NULL OR status = \(status)) AND (\(assignee) IS NULL OR assignee_id = \(assignee))
                    LIMIT \(limit)
                ) UNION ALL (
                    SELECT FROM tracker.tickets
                    WHERE ticket_id BETWEEN \(first) AND \(last)
                        AND (\(status) IS NULL OR status = \(status)) AND (\(assignee) IS NULL OR assignee_id = \(assignee))
                    LIMIT \(limit)
                )
                LIMIT \(limit)
            ) AS t
            """
    }

    private static let names: StaticString = """
        coalesce(a.name, left(t.assignee_id::text, 8)) AS assignee_name,
        coalesce(c.name, left(t.created_by::text, 8)) AS creator_name
        """

    private static let people: StaticString = """
        LEFT JOIN tracker.users a ON a.user_id = t.assignee_id LEFT JOIN tracker.users c ON c.user_id = t.created_by
        """
}
