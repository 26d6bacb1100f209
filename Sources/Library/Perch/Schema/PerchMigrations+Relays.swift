extension Migration {
    /// Which relays run, and where: for operators.
    static let relays = #"""
        -- A row a relay, by its session: written when it connects, and at no other time. It runs as long as its session has the
        -- shared advisory lock of its topics, and is the active one as long as that has the exclusive one; see pg_locks.
        CREATE TABLE perch.relays (
            backend_pid int PRIMARY KEY,
            owner text NOT NULL,
            host text NOT NULL,
            pid int NOT NULL,
            -- Which topics it serves, as the second number of its locks.
            serves int NOT NULL,
            started_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        """#
}
