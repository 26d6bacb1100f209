import Perch
import ServiceKit

extension Accounting {
    static let migrations: [Migration] = [
        Migration(version: 1, name: "ledger", sql: ledger),
        Migration(version: 2, name: "reporting", sql: reporting),
    ]

    /// The ledger is inserted into and read; nothing may change what it says.
    static func grants(to role: String) -> String {
        let role = DatabaseRole.quoted(role)
        return """
            GRANT USAGE ON SCHEMA accounting, reporting TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA accounting, reporting TO \(role);
            GRANT INSERT ON accounting.ledger TO \(role);
            GRANT INSERT, UPDATE (assignee_id, is_closed) ON accounting.tickets TO \(role);
            GRANT INSERT, UPDATE (balance) ON accounting.accounts TO \(role);
            """
    }

    private static let ledger = #"""
        CREATE SCHEMA accounting;

        -- An employee's account. The balance is what the ledger's entries sum to, kept at hand.
        CREATE TABLE accounting.accounts (
            user_id uuid PRIMARY KEY,
            role text NOT NULL,
            name text,
            balance bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 50);

        CREATE TABLE accounting.tickets (
            ticket_id uuid PRIMARY KEY,
            title text NOT NULL,
            commission bigint NOT NULL CHECK (commission > 0),
            reward bigint NOT NULL CHECK (reward > 0),
            assignee_id uuid NOT NULL,
            is_closed boolean NOT NULL DEFAULT false
        ) WITH (fillfactor = 70);

        -- One row a cause: the employee's account gains the amount and the company's loses it.
        CREATE TABLE accounting.ledger (
            entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id uuid NOT NULL UNIQUE,
            kind text NOT NULL CHECK (kind IN ('commission', 'reward', 'wage')),
            user_id uuid NOT NULL REFERENCES accounting.accounts,
            ticket_id uuid,
            title text NOT NULL,
            amount bigint NOT NULL CHECK (amount <> 0 AND (amount > 0) = (kind = 'reward')),
            balance_after bigint NOT NULL,
            business_day date NOT NULL,
            at timestamptz NOT NULL,
            CHECK ((ticket_id IS NULL) = (kind = 'wage'))
        );
        CREATE INDEX ledger_by_user ON accounting.ledger (user_id, entry_id);
        CREATE INDEX ledger_by_day ON accounting.ledger (business_day);

        CREATE FUNCTION accounting.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only: a mistake is set right by a further entry'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting.ledger
            FOR EACH STATEMENT EXECUTE FUNCTION accounting.refuse_change();
        """#

    private static let reporting = #"""
        CREATE SCHEMA reporting;
        CREATE VIEW reporting.ledger AS
            SELECT entry_id, event_id, user_id, ticket_id, kind, amount, balance_after, business_day, at
            FROM accounting.ledger;
        CREATE VIEW reporting.balances AS SELECT user_id, balance FROM accounting.accounts;
        -- Both sides of every entry; they sum to zero. The company's account is NULL.
        CREATE VIEW reporting.postings AS
            SELECT entry_id, user_id AS account, amount FROM accounting.ledger
            UNION ALL
            SELECT entry_id, NULL, -amount FROM accounting.ledger;
        """#
}
