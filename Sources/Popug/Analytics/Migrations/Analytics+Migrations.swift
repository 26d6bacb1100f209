public import Perch
import ServiceKit

extension Analytics {
    /// The schema `analytics`. A migration that was released is never changed; what changes the schema is a new one at the
    /// end.
    public static let migrations = [
        Migration(version: 1, name: "read_model", sql: readModel),
        Migration(version: 2, name: "reporting", sql: reporting),
        Migration(version: 3, name: "people", sql: people),
        Migration(version: 4, name: "web sessions", sql: WebSessions.tables(in: "analytics")),
    ]

    /// The SQL that gives a role what the service needs in schemas `analytics` and `reporting`: to add facts and sums, and
    /// to empty the read model as a whole; not to take single facts out of it.
    public static func grants(to name: String) -> String {
        let role = DatabaseRole.quoted(name)
        return """
            GRANT USAGE ON SCHEMA analytics, reporting TO \(role);
            GRANT SELECT, INSERT, TRUNCATE ON ALL TABLES IN SCHEMA analytics TO \(role);
            -- Who is logged in is no part of the read model.
            REVOKE TRUNCATE ON analytics.web_sessions, analytics.web_logouts FROM \(role);
            GRANT UPDATE (role, name, balance) ON analytics.users TO \(role);
            GRANT UPDATE (title, assignee_id, closed_at, commission, reward, priced_by) ON analytics.tickets TO \(role);
            GRANT UPDATE (amount) ON analytics.movements TO \(role);
            GRANT UPDATE (commissions, rewards) ON analytics.earnings TO \(role);
            GRANT UPDATE (count, total) ON analytics.wages TO \(role);
            GRANT UPDATE (target) ON analytics.rebuild TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO \(role);
            \(WebSessions.grants(in: "analytics", to: name))
            """
    }

    private static let readModel = #"""
        CREATE SCHEMA analytics;

        -- Whose days are counted: one row. Another time zone needs all to be counted anew.
        CREATE TABLE analytics.calendar (
            is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
            time_zone text NOT NULL
        );

        -- One for each user that an event speaks of. The balance is the sum of the user's movements with a known amount.
        CREATE TABLE analytics.users (
            user_id uuid PRIMARY KEY,
            -- NULL as long as only others have spoken of the user.
            role text CHECK (role IN ('employee', 'manager', 'accountant', 'admin')),
            balance bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 70);

        CREATE TABLE analytics.tickets (
            ticket_id uuid PRIMARY KEY,
            -- NULL where the event did not tell.
            title text,
            -- NULL as long as only the price is known.
            assignee_id uuid,
            closed_at timestamptz,
            -- NULL as long as the price is not known.
            commission bigint CHECK (commission >= 0),
            reward bigint CHECK (reward >= 0),
            priced_by uuid,
            CHECK ((commission IS NULL) = (reward IS NULL) AND (commission IS NULL) = (priced_by IS NULL)),
            CHECK (assignee_id IS NOT NULL OR closed_at IS NULL)
        ) WITH (fillfactor = 70);

        -- What each event moves between a user and the company: facts, kept from their event on, whatever else is known.
        CREATE TABLE analytics.movements (
            event_id uuid PRIMARY KEY,
            user_id uuid NOT NULL,
            ticket_id uuid,
            kind text NOT NULL CHECK (kind IN ('commission', 'reward', 'wage')),
            -- Cents; NULL as long as the price of the ticket is not known. Then it is added to the sums, once.
            amount bigint CHECK (amount >= 0),
            -- By the event's time, in the time zone of the calendar.
            day date NOT NULL,
            at timestamptz NOT NULL,
            CHECK ((kind = 'wage') = (ticket_id IS NULL)),
            CHECK (kind <> 'wage' OR amount IS NOT NULL)
        );
        CREATE INDEX movements_without_price ON analytics.movements (ticket_id) WHERE amount IS NULL;
        -- The most expensive closed ticket of a day is its first entry.
        CREATE INDEX movements_rewards ON analytics.movements (day, amount DESC, at, ticket_id)
            WHERE kind = 'reward' AND amount IS NOT NULL;

        -- The sums of the movements with a known amount, by day.
        CREATE TABLE analytics.earnings (
            day date PRIMARY KEY,
            commissions bigint NOT NULL,
            rewards bigint NOT NULL
        ) WITH (fillfactor = 50);
        CREATE TABLE analytics.wages (
            day date PRIMARY KEY,
            count bigint NOT NULL,
            total bigint NOT NULL
        ) WITH (fillfactor = 50);

        -- Events that contradict what is known, such as a second close of a ticket: they move nothing and are kept to be
        -- looked into.
        CREATE TABLE analytics.contradictions (
            event_id uuid PRIMARY KEY,
            type text NOT NULL,
            ticket_id uuid NOT NULL,
            reason text NOT NULL,
            at timestamptz NOT NULL
        );
        """#

    private static let reporting = #"""
        CREATE SCHEMA reporting;
        CREATE VIEW reporting.earnings AS
            SELECT day, commissions, rewards, commissions - rewards AS earned FROM analytics.earnings;
        """#

    /// Who is below zero since when, and how far a rebuild has come.
    private static let people = #"""
        -- NULL where the event did not tell, and of users that were heard of before this column was there: a rebuild has them.
        ALTER TABLE analytics.users ADD COLUMN name text;

        -- The days of a user: since when the balance is below zero follows from them, in whatever order events have come.
        CREATE INDEX movements_by_user ON analytics.movements (user_id, day) INCLUDE (kind, amount) WHERE amount IS NOT NULL;

        -- Up to which position each partition had been read when the read model was emptied. It is there again once the
        -- checkpoints are.
        CREATE TABLE analytics.rebuild (
            topic text NOT NULL,
            partition integer NOT NULL,
            target bigint NOT NULL CHECK (target >= 0),
            PRIMARY KEY (topic, partition)
        );
        """#
}
