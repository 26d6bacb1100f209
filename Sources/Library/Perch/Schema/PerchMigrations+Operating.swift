extension Migration {
    static let operating = #"""
        -- Set by an operator: the partition is given to no worker until it is taken back.
        ALTER TABLE perch.leases ADD COLUMN paused_at timestamptz;

        -- What the group's program declares of its subscriptions, written when its workers start: tools that do not have
        -- its handlers know by it what a replay would do.
        CREATE TABLE perch.subscriptions (
            topic text PRIMARY KEY,
            group_name text NOT NULL,
            is_idempotent boolean NOT NULL,
            has_reset boolean NOT NULL,
            declared_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        """#

    static let operations = #"""
        -- Every change by an operator: who, when, what. Only ever inserted into.
        CREATE TABLE perch.operations (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            operator text NOT NULL,
            action text NOT NULL,
            target text NOT NULL,
            details jsonb NOT NULL DEFAULT '{}'
        );
        """#
}
