extension Tracker {
    /// Since when tickets are assigned, and who has pressed reassign.
    static let reassignments = #"""
        -- Since when the assignee has it: of the same event. NULL where the ticket was assigned before this column was there.
        ALTER TABLE tracker.tickets ADD COLUMN assigned_at timestamptz;

        -- The presses of reassign. A row is finished by the transaction that reassigns.
        CREATE TABLE tracker.reassignments (
            -- Made by whoever asks for it, so that asking again is the same press.
            id uuid PRIMARY KEY,
            by_user uuid NOT NULL,
            at timestamptz NOT NULL,
            finished_at timestamptz,
            tickets bigint CHECK (tickets >= 0),
            -- The advisory lock that the transaction holds: who sees it knows that the press is under way.
            lock_key bigint NOT NULL GENERATED ALWAYS AS (hashtextextended('tracker.reassign ' || id::text, 0)) STORED,
            CHECK ((finished_at IS NULL) = (tickets IS NULL))
        );
        CREATE INDEX reassignments_by_time ON tracker.reassignments (at);
        """#
}
