public import Perch
import ServiceKit

extension Accounting {
    /// The schema `accounting`. A migration that was released is never changed; what changes the schema is a new one at the
    /// end.
    public static let migrations = [
        Migration(version: 1, name: "ledger", sql: ledger),
        Migration(version: 2, name: "reporting", sql: reporting),
        Migration(version: 3, name: "pay day", sql: payDay),
        Migration(version: 4, name: "mailed wages", sql: mailedWages),
        Migration(version: 5, name: "web sessions", sql: WebSessions.tables(in: "accounting")),
        Migration(version: 6, name: "indexes of pages", sql: pageIndexes),
    ]

    /// The SQL that gives a role what the service needs in schemas `accounting` and `reporting`. The ledger can be added to
    /// and read, nothing else; so can the days that are closed.
    public static func grants(to name: String) -> String {
        let role = DatabaseRole.quoted(name)
        return """
            GRANT USAGE ON SCHEMA accounting, reporting TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA accounting TO \(role);
            GRANT INSERT ON accounting.accounts, accounting.tickets, accounting.ledger, accounting.contradictions,
                accounting.earnings, accounting.closed_days, accounting.paid_days, accounting.mailed_wages TO \(role);
            GRANT UPDATE (balance) ON accounting.accounts TO \(role);
            GRANT UPDATE (assignee_id, status) ON accounting.tickets TO \(role);
            GRANT UPDATE (commissions, rewards) ON accounting.earnings TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO \(role);
            \(WebSessions.grants(in: "accounting", to: name))
            """
    }

    private static let ledger = #"""
        CREATE SCHEMA accounting;

        -- One for each user that was heard of. The balance is the sum of the account's ledger entries: both change in one
        -- transaction, under the lock of this row.
        CREATE TABLE accounting.accounts (
            user_id uuid PRIMARY KEY,
            role text NOT NULL CHECK (role IN ('employee', 'manager', 'accountant', 'admin')),
            -- NULL where the event did not tell.
            name text,
            email text,
            balance bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 70);

        -- What accounting knows of the tickets, and what it has priced them at: once, and for good.
        CREATE TABLE accounting.tickets (
            ticket_id uuid PRIMARY KEY,
            -- Empty where the event did not tell.
            title text NOT NULL,
            assignee_id uuid NOT NULL,
            status text NOT NULL CHECK (status IN ('open', 'closed')),
            commission bigint NOT NULL CHECK (commission >= 0),
            reward bigint NOT NULL CHECK (reward >= 0)
        ) WITH (fillfactor = 80);

        -- The ledger: one entry a cause. An entry is both sides at once, the user's account by `amount` and the company's by
        -- its opposite (see double_entries), so that every entry sums to zero by construction.
        CREATE TABLE accounting.ledger (
            entry_id bigint GENERATED ALWAYS AS IDENTITY,
            -- The event that caused the entry; of a wage, the event that tells of it.
            event_id uuid NOT NULL UNIQUE,
            user_id uuid NOT NULL REFERENCES accounting.accounts,
            ticket_id uuid,
            title text,
            kind text NOT NULL CHECK (kind IN ('commission', 'reward', 'wage')),
            -- Cents that the user's account gains; a loss is negative.
            amount bigint NOT NULL CHECK (amount > -9223372036854775808),
            -- The account's balance with this entry: entries of an account are numbered in the order they took effect.
            balance_after bigint NOT NULL,
            business_day date NOT NULL,
            -- When it happened, by the event.
            at timestamptz NOT NULL,
            PRIMARY KEY (user_id, entry_id),
            CHECK (CASE kind WHEN 'reward' THEN amount >= 0 ELSE amount <= 0 END),
            CHECK ((kind = 'wage') = (ticket_id IS NULL) AND (ticket_id IS NULL) = (title IS NULL))
        );
        -- What management earned is summed by time, and entries come nearly in its order.
        CREATE INDEX ledger_by_time ON accounting.ledger USING brin (at) WITH (pages_per_range = 16);

        CREATE FUNCTION accounting.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is only ever added to: % is refused', TG_OP
                USING ERRCODE = 'insufficient_privilege', HINT = 'Correct an entry by an opposite one.';
        END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting.ledger
            FOR EACH STATEMENT EXECUTE FUNCTION accounting.refuse_change();

        CREATE VIEW accounting.double_entries (entry_id, event_id, account, amount) AS
            SELECT entry_id, event_id, user_id::text, amount FROM accounting.ledger
            UNION ALL
            SELECT entry_id, event_id, 'company', -amount FROM accounting.ledger;

        -- Events that contradict what is known, such as a second close of a ticket: they move no money and are kept to be
        -- looked into.
        CREATE TABLE accounting.contradictions (
            event_id uuid PRIMARY KEY,
            type text NOT NULL,
            ticket_id uuid NOT NULL,
            reason text NOT NULL,
            at timestamptz NOT NULL
        );
        """#

    private static let reporting = #"""
        CREATE SCHEMA reporting;
        CREATE VIEW reporting.ledger AS
            SELECT entry_id, event_id, user_id, ticket_id, kind, amount, balance_after, business_day, at
            FROM accounting.ledger;
        CREATE VIEW reporting.balances AS
            SELECT user_id, balance FROM accounting.accounts;
        """#
}
