extension Migration {
    /// What a service does at given times, and how far it has come.
    static let schedules = #"""
        -- A row a schedule. Whoever runs a tick has the row locked, and what the tick does commits with what is noted here.
        CREATE TABLE perch.schedules (
            service text NOT NULL,
            name text NOT NULL CHECK (name <> '' AND octet_length(name) <= 128),
            -- As the program declared it last.
            recurrence text NOT NULL,
            time_zone text NOT NULL,
            missed text NOT NULL,
            -- The first tick that is not done; NULL: there is none any more.
            next_tick timestamptz,
            -- That tick was tried, or is done in part: it comes before any other, however late.
            is_begun boolean NOT NULL DEFAULT false,
            -- The last tick that is done, and when that was.
            last_tick timestamptz,
            last_run_at timestamptz,
            -- An operator asked for a run beside the ticks.
            requested_at timestamptz,
            paused_at timestamptz,
            -- Of what is at hand: how many times in a row it has failed, and what then.
            failures int NOT NULL DEFAULT 0,
            last_error text,
            failed_at timestamptz,
            retry_at timestamptz,
            PRIMARY KEY (service, name)
        ) WITH (fillfactor = 50);
        """#
}
