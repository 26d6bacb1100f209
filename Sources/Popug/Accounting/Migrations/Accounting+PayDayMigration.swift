extension Accounting {
    /// Days that are closed and paid, what was earned when, and the indexes of the lists.
    static let payDay = #"""
        -- Days that no entry goes to any more: those here, and whatever day lies before one of them.
        CREATE TABLE accounting.closed_days (
            day date PRIMARY KEY,
            closed_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        -- Closed days whose accounts have all been paid. A row comes once the last of them is, and never changes.
        CREATE TABLE accounting.paid_days (
            day date PRIMARY KEY REFERENCES accounting.closed_days,
            -- How many accounts were paid, and how much in all: the wages in the ledger of this business day.
            paid bigint NOT NULL CHECK (paid >= 0),
            total bigint NOT NULL CHECK (total >= 0),
            paid_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        -- The ledger's commissions and rewards, summed by the time of their events: a year of days is read at once, however
        -- many entries it has. A quarter of an hour is what the days of all time zones are made of. Each partition of the
        -- tickets has rows of its own, so that workers do not wait for each other. Amounts are the ledger's: commissions are
        -- negative.
        CREATE TABLE accounting.earnings (
            slot timestamptz NOT NULL,
            partition integer NOT NULL,
            commissions bigint NOT NULL,
            rewards bigint NOT NULL,
            PRIMARY KEY (slot, partition)
        ) WITH (fillfactor = 50);
        INSERT INTO accounting.earnings
            SELECT date_bin('15 minutes', at, timestamptz 'epoch'), 0,
                coalesce(sum(amount) FILTER (WHERE kind = 'commission'), 0),
                coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0)
            FROM accounting.ledger WHERE kind <> 'wage' GROUP BY 1;

        -- An account's days: what a close has to leave unpaid, what was earned today, the ledger of a day.
        CREATE INDEX ledger_by_day ON accounting.ledger (user_id, business_day, entry_id);
        -- What each day paid.
        CREATE INDEX ledger_wages ON accounting.ledger (business_day) INCLUDE (amount) WHERE kind = 'wage';
        -- Which days have entries; they come nearly in order.
        CREATE INDEX ledger_days ON accounting.ledger USING brin (business_day) WITH (pages_per_range = 16);
        """#
}
