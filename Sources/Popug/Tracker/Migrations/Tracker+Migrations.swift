public import Perch
import ServiceKit

extension Tracker {
    /// The schema `tracker`. A migration that was released is never changed; what changes the schema is a new one at the end.
    public static let migrations = [
        Migration(version: 1, name: "tickets", sql: tickets),
        Migration(version: 2, name: "reporting", sql: reporting),
        Migration(version: 3, name: "closed tickets", sql: closedTickets),
        Migration(version: 4, name: "titles", sql: titles),
        Migration(version: 5, name: "reassignments", sql: reassignments),
        Migration(version: 6, name: "web sessions", sql: WebSessions.tables(in: "tracker")),
        Migration(version: 7, name: "closings", sql: closings),
    ]

    /// The SQL that gives a role what the service needs in schemas `tracker` and `reporting`.
    public static func grants(to name: String) -> String {
        let role = DatabaseRole.quoted(name)
        return """
            GRANT USAGE ON SCHEMA tracker, reporting TO \(role);
            GRANT SELECT, INSERT ON tracker.users, tracker.tickets TO \(role);
            GRANT UPDATE (assignee_id, assigned_at, status, closed_at, closing_id) ON tracker.tickets TO \(role);
            GRANT SELECT ON tracker.titles TO \(role);
            GRANT SELECT, INSERT ON tracker.reassignments TO \(role);
            GRANT UPDATE (finished_at, tickets) ON tracker.reassignments TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO \(role);
            \(WebSessions.grants(in: "tracker", to: name))
            """
    }

    private static let tickets = #"""
        CREATE SCHEMA tracker;

        -- What tracker knows of the users. Employees are numbered 1, 2, 3 … with no gap, so that one is drawn at random by
        -- one look into an index, however many there are.
        CREATE TABLE tracker.users (
            user_id uuid PRIMARY KEY,
            role text NOT NULL CHECK (role IN ('employee', 'manager', 'accountant', 'admin')),
            -- NULL where the event did not tell.
            name text,
            place bigint UNIQUE CHECK (place > 0),
            CHECK ((role = 'employee') = (place IS NOT NULL))
        );

        -- No foreign key to users: assignees are drawn from them in the same transaction and users are never deleted, but a
        -- reassignment would look up and lock the employee of each of 100,000 tickets.
        CREATE TABLE tracker.tickets (
            ticket_id uuid PRIMARY KEY,
            title text NOT NULL CHECK (title <> ''),
            description text,
            assignee_id uuid NOT NULL,
            status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL,
            closed_at timestamptz,
            CHECK ((status = 'closed') = (closed_at IS NOT NULL))
        );
        CREATE INDEX tickets_open ON tracker.tickets (ticket_id) WHERE status = 'open';
        CREATE INDEX tickets_by_assignee ON tracker.tickets (assignee_id, ticket_id);
        """#

    private static let reporting = #"""
        CREATE SCHEMA reporting;
        CREATE VIEW reporting.tickets AS
            SELECT ticket_id, title, assignee_id, status, created_at, closed_at FROM tracker.tickets;
        """#

    /// The list of the closed ones need not look through all that are open.
    private static let closedTickets = """
        CREATE INDEX tickets_closed ON tracker.tickets (ticket_id) WHERE status = 'closed';
        """

    private static let closings = """
        -- Of the form that closed the ticket: sent again it is the same closing. NULL where it was closed by no form.
        ALTER TABLE tracker.tickets ADD COLUMN closing_id uuid;
        """
}
