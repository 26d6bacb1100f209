extension Migration {
    /// Limits of subscriptions: how many events a second, how many at a time.
    static let limits = #"""
        -- What a group's program has declared of its limits, and how many events each allows now.
        CREATE TABLE perch.limits (
            group_name text NOT NULL,
            limit_name text NOT NULL,
            per_second float8,
            burst int NOT NULL,
            at_a_time int,
            -- How many events might be begun at that moment; a later one adds the rate, up to the burst.
            allowed float8 NOT NULL,
            counted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            -- Up to then somebody waits for it, as far as is known.
            waited_until timestamptz,
            PRIMARY KEY (group_name, limit_name)
        ) WITH (fillfactor = 50);

        -- A slot is taken by locking its row in the transaction that needs it: it is free again when that ends, whatever ends it.
        CREATE TABLE perch.limit_slots (
            group_name text NOT NULL,
            limit_name text NOT NULL,
            slot int NOT NULL CHECK (slot > 0),
            PRIMARY KEY (group_name, limit_name, slot)
        );

        ALTER TABLE perch.subscriptions ADD COLUMN limit_name text;

        -- A worker asks before it begins events. The statement is a transaction of its own: nobody waits for the limit's row longer
        -- than it takes.
        CREATE FUNCTION perch.ask_limit(
            of_group text, of_limit text,
            -- As the worker's program has them.
            per_second float8, burst int, at_a_time int,
            -- How many events it would begin, and how many it was allowed before and did not begin.
            wanted int, unused int,
            OUT allowed int, OUT wait_seconds float8, OUT has_free_slot boolean
        ) LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            moment timestamptz;
            present float8;
            goal float8;
        BEGIN
            allowed := 0;
            wait_seconds := 0;
            has_free_slot := true;
            PERFORM FROM perch.limits l WHERE l.group_name = of_group AND l.limit_name = of_limit FOR UPDATE;
            IF NOT FOUND THEN
                -- It is not declared yet.
                has_free_slot := false;
                RETURN;
            END IF;
            moment := clock_timestamp();
            -- Only now: who waits for the limit's row has no slot locked, which would look taken.
            IF at_a_time IS NOT NULL THEN
                PERFORM FROM perch.limit_slots s
                WHERE s.group_name = of_group AND s.limit_name = of_limit AND s.slot <= at_a_time
                LIMIT 1 FOR UPDATE SKIP LOCKED;
                has_free_slot := FOUND;
            END IF;
            SELECT least(
                    ask_limit.burst::float8,
                    l.allowed + greatest(0, extract(epoch FROM moment - l.counted_at)) * coalesce(ask_limit.per_second, 0)
                        + greatest(0, unused)
                ) INTO present
            FROM perch.limits l WHERE l.group_name = of_group AND l.limit_name = of_limit;
            IF per_second IS NOT NULL AND has_free_slot THEN
                -- What is allowed after a thousand additions may lack the smallest part of one.
                allowed := greatest(0, least(wanted, floor(present + 1e-6)));
                IF allowed = 0 THEN
                    goal := least(wanted, burst, greatest(1, per_second / 10));
                    wait_seconds := least(3600, greatest(0, goal - present) / per_second);
                END IF;
            END IF;
            UPDATE perch.limits l
            SET allowed = present - ask_limit.allowed, counted_at = moment,
                waited_until = CASE
                    WHEN NOT has_free_slot OR ask_limit.allowed < wanted
                        THEN greatest(l.waited_until, moment + (wait_seconds + 0.5) * interval '1 second')
                    ELSE l.waited_until
                END
            WHERE l.group_name = of_group AND l.limit_name = of_limit;
        END $$;
        """#
}
