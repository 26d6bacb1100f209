extension Migration {
    /// Events that wait until they are due, before they go into the outbox.
    static let delayedEvents = #"""
        -- Events that are committed and not due yet. A relay moves them into the outbox when they are due; their partition is
        -- found then, for the topic may have another number of partitions by that time.
        CREATE TABLE perch.delayed_events (
            event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            -- The order in which they were asked for, among those that are due at the same time.
            sequence bigint GENERATED ALWAYS AS IDENTITY,
            topic text NOT NULL,
            -- Of the key, as perch.crc32 has it; left out, it is found at the insert.
            checksum bigint NOT NULL,
            type text NOT NULL CHECK (type <> ''),
            version int NOT NULL DEFAULT 1 CHECK (version > 0),
            key text NOT NULL CHECK (key <> '' AND octet_length(key) <= 256),
            -- It is the event's time, so RFC 3339 has to be able to say it; also not infinite.
            due_at timestamptz NOT NULL,
            asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            traceparent text CHECK (octet_length(traceparent) <= 256),
            data json NOT NULL,
            -- As that of the outbox.
            is_checked boolean NOT NULL DEFAULT false,
            CONSTRAINT delayed_events_type_size CHECK (octet_length(type) <= 245),
            CONSTRAINT delayed_events_due_range
                CHECK (due_at >= '0001-01-01 00:00:00Z' AND due_at < '10000-01-01 00:00:00Z'),
            CONSTRAINT delayed_events_data_size CHECK (octet_length(data::text) <= 65536),
            CONSTRAINT delayed_events_data_object CHECK (json_typeof(data) = 'object'),
            CONSTRAINT delayed_events_data_has_no_nul CHECK (
                position('\u0000' IN data::text) = 0 OR data::text !~ '(^|[^\\])(\\\\)*\\u0000'
            )
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
        CREATE INDEX delayed_events_due ON perch.delayed_events (due_at, sequence);
        CREATE INDEX delayed_events_key ON perch.delayed_events (topic, key);

        CREATE FUNCTION perch.prepare_delayed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM perch.topics t WHERE t.topic = NEW.topic) THEN
                RAISE EXCEPTION 'topic % is not one of this database''s', NEW.topic
                    USING ERRCODE = 'foreign_key_violation', HINT = 'See SELECT * FROM perch.topics.';
            END IF;
            IF NEW.checksum IS NULL THEN
                NEW.checksum := perch.crc32(convert_to(NEW.key, 'UTF8'));
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER prepare_delayed BEFORE INSERT ON perch.delayed_events
            FOR EACH ROW EXECUTE FUNCTION perch.prepare_delayed();

        -- Moves what is due into the outbox, at most so many, in the order in which they are due.
        --
        -- Nobody waits for it but who cancels what it moves, and it waits for nobody but a change of partitions, before it has
        -- locked anything. What a transaction is cancelling is passed over, and so is what its key has behind it: should that
        -- transaction roll back, the key's order is as it was.
        --
        -- However old the statistics are, it reads the index in order, and is not compiled for rows that it will not read: hence the
        -- settings.
        CREATE FUNCTION perch.move_due(most int) RETURNS bigint LANGUAGE plpgsql VOLATILE
            SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
        DECLARE
            moved_count bigint;
            -- One for all rows: else it would be another moment for each.
            moment timestamptz;
        BEGIN
            -- As every statement that inserts: the snapshots of the next ones see the numbers of partitions as they are now.
            LOCK TABLE perch.outbox IN ROW EXCLUSIVE MODE;
            -- One at a time in a database: another one would find most of it locked. The number follows those of the relays' locks.
            IF NOT pg_try_advisory_xact_lock(1885696515, 0) THEN
                RETURN 0;
            END IF;
            moment := clock_timestamp();
            WITH free AS MATERIALIZED (
                SELECT d.event_id, d.topic, d.key, d.due_at, d.sequence FROM perch.delayed_events d
                WHERE d.due_at <= moment
                    -- A topic that somebody took out by hand keeps nothing else from being moved.
                    AND (SELECT t.partitions FROM perch.topics t WHERE t.topic = d.topic) IS NOT NULL
                ORDER BY d.due_at, d.sequence LIMIT most
                FOR UPDATE OF d SKIP LOCKED
            ), locked AS MATERIALIZED (
                SELECT d.topic, d.key, d.due_at, d.sequence FROM perch.delayed_events d
                WHERE (d.due_at, d.sequence) < (
                        SELECT f.due_at, f.sequence FROM free f ORDER BY f.due_at DESC, f.sequence DESC LIMIT 1
                    ) AND NOT EXISTS (SELECT FROM free f WHERE f.event_id = d.event_id)
            ), taken AS (
                DELETE FROM perch.delayed_events d USING free f
                WHERE d.event_id = f.event_id AND NOT EXISTS (
                    SELECT FROM locked l
                    WHERE l.topic = f.topic AND l.key = f.key AND (l.due_at, l.sequence) < (f.due_at, f.sequence)
                )
                RETURNING d.*
            ), moved AS (
                INSERT INTO perch.outbox
                    (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked)
                SELECT t.topic, (t.checksum % p.partitions)::int, t.event_id, t.type, t.version, t.key, t.due_at,
                    t.traceparent, t.data, t.is_checked
                FROM taken t JOIN perch.topics p ON p.topic = t.topic ORDER BY t.due_at, t.sequence
                RETURNING 1
            )
            SELECT count(*) INTO moved_count FROM moved;
            RETURN moved_count;
        END $$;
        """#

    /// What waits behind a cancellation is passed over with all of its key, however much it is.
    static let delaysPassedOver = #"""
        -- Moves what is due into the outbox, at most so many, in the order in which they are due.
        --
        -- Nobody waits for it but who cancels what it moves, and it waits for nobody but a change of partitions, before it has
        -- locked anything. What a transaction is cancelling is passed over, and so is what its key has behind it: should that
        -- transaction roll back, the key's order is as it was.
        --
        -- It looks again, further each time, without the keys that it could not move, until it has moved so many or finds no such key.
        -- Each look begins at the first event that is due: one that was committed meanwhile keeps its place in its key, too.
        --
        -- However old the statistics are, it reads the index in order, and is not compiled for rows that it will not read: hence the
        -- settings.
        CREATE OR REPLACE FUNCTION perch.move_due(most int) RETURNS bigint LANGUAGE plpgsql VOLATILE
            SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
        DECLARE
            moved_count bigint := 0;
            moved_now bigint;
            -- How many events a look is about.
            reach bigint := most;
            -- Keys that cannot be moved, with their topics, in whose names there is no space.
            stuck text[] := '{}';
            stuck_now text[];
            -- One for all rows: else it would be another moment for each.
            moment timestamptz;
        BEGIN
            -- As every statement that inserts: the snapshots of the next ones see the numbers of partitions as they are now.
            LOCK TABLE perch.outbox IN ROW EXCLUSIVE MODE;
            -- One at a time in a database: another one would find most of it locked. The number follows those of the relays' locks.
            IF NOT pg_try_advisory_xact_lock(1885696515, 0) THEN
                RETURN 0;
            END IF;
            moment := clock_timestamp();
            LOOP
                WITH free AS MATERIALIZED (
                    SELECT d.event_id, d.topic, d.key, d.due_at, d.sequence FROM perch.delayed_events d
                    WHERE d.due_at <= moment AND (stuck = '{}' OR d.topic || ' ' || d.key <> ALL (stuck))
                        -- A topic that somebody took out by hand keeps nothing else from being moved.
                        AND (SELECT t.partitions FROM perch.topics t WHERE t.topic = d.topic) IS NOT NULL
                    ORDER BY d.due_at, d.sequence LIMIT reach
                    FOR UPDATE OF d SKIP LOCKED
                ), locked AS MATERIALIZED (
                    SELECT d.topic, d.key, d.due_at, d.sequence FROM perch.delayed_events d
                    WHERE (d.due_at, d.sequence) < (
                            SELECT f.due_at, f.sequence FROM free f ORDER BY f.due_at DESC, f.sequence DESC LIMIT 1
                        ) AND (stuck = '{}' OR d.topic || ' ' || d.key <> ALL (stuck))
                        AND NOT EXISTS (SELECT FROM free f WHERE f.event_id = d.event_id)
                ), movable AS MATERIALIZED (
                    SELECT f.event_id FROM free f WHERE NOT EXISTS (
                        SELECT FROM locked l
                        WHERE l.topic = f.topic AND l.key = f.key AND (l.due_at, l.sequence) < (f.due_at, f.sequence)
                    ) ORDER BY f.due_at, f.sequence LIMIT most - moved_count
                ), taken AS (
                    DELETE FROM perch.delayed_events d USING movable m WHERE d.event_id = m.event_id RETURNING d.*
                ), moved AS (
                    INSERT INTO perch.outbox
                        (topic, partition, event_id, type, version, key, time, traceparent, data, is_checked)
                    SELECT t.topic, (t.checksum % p.partitions)::int, t.event_id, t.type, t.version, t.key, t.due_at,
                        t.traceparent, t.data, t.is_checked
                    FROM taken t JOIN perch.topics p ON p.topic = t.topic ORDER BY t.due_at, t.sequence
                    RETURNING 1
                )
                SELECT (SELECT count(*) FROM moved), ARRAY(
                    SELECT DISTINCT f.topic || ' ' || f.key FROM free f JOIN locked l ON l.topic = f.topic AND l.key = f.key
                ) INTO moved_now, stuck_now;
                moved_count := moved_count + moved_now;
                EXIT WHEN moved_count >= most OR stuck_now = '{}';
                stuck := stuck || stuck_now;
                reach := reach * 2;
            END LOOP;
            RETURN moved_count;
        END $$;
        """#
}
