-- The schema `perch` as all migrations together give it, as pg_dump of Postgres 15 writes it. Nobody runs this file.
-- Made by: PERCH_WRITE_SCHEMA=1 swift test --filter CurrentSchemaTests
CREATE SCHEMA perch;
CREATE FUNCTION perch.admit_group(of_group text, silence interval) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    SET lock_timeout TO '2s'
    AS $$
DECLARE
    living text[];
    name text;
    is_second boolean;
BEGIN
    IF EXISTS (SELECT FROM perch.groups g WHERE g.group_name = of_group) THEN
        RETURN false;
    END IF;
    LOCK TABLE perch.groups IN SHARE ROW EXCLUSIVE MODE;
    is_second := (SELECT count(*) = 1 AND bool_or(g.is_carried) FROM perch.groups g);
    IF is_second THEN
        LOCK TABLE perch.workers, perch.leases, perch.failed_events, perch.failure_revisions, perch.checkpoints,
            perch.subscriptions, perch.operations IN ACCESS EXCLUSIVE MODE;
        living := (
            SELECT array_agg(w.worker ORDER BY w.worker) FROM perch.workers w
            WHERE w.expires_at IS NULL AND w.heartbeat_at > clock_timestamp() - silence
        );
        IF living IS NOT NULL THEN
            RAISE EXCEPTION 'workers of the release before, which know one group a database, are still at work'
                USING ERRCODE = 'PF004', DETAIL = array_to_string(living, ',');
        END IF;
        FOREACH name IN ARRAY ARRAY[
            'leases', 'checkpoints', 'failed_events', 'failure_revisions', 'workers', 'operations'
        ] LOOP
            EXECUTE format('ALTER TABLE perch.%I ALTER COLUMN group_name SET DEFAULT ''''', name);
        END LOOP;
        DROP INDEX perch.subscriptions_before_groups, perch.failed_events_before_groups,
            perch.failure_revisions_before_groups;
        -- What a program that wakes later takes for a lease that is over would cost its owner the connection.
        UPDATE perch.leases l SET expires_at = 'infinity' FROM perch.workers w
        WHERE w.worker = l.owner AND w.expires_at IS NOT NULL;
    END IF;
    INSERT INTO perch.groups (group_name) VALUES (of_group) ON CONFLICT DO NOTHING;
    RETURN is_second;
END $$;
CREATE FUNCTION perch.advance_checkpoint(of_topic text, of_partition integer, under_epoch bigint, from_position bigint, to_position bigint, to_entry text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM perch.advance_checkpoint(
        (SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition, under_epoch,
        from_position, to_position, to_entry
    );
END $$;
CREATE FUNCTION perch.advance_checkpoint(of_group text, of_topic text, of_partition integer, under_epoch bigint, from_position bigint, to_position bigint, to_entry text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE perch.checkpoints c SET position = to_position, entry_id = to_entry
    WHERE c.group_name = of_group AND c.topic = of_topic AND c.partition = of_partition
        AND c.epoch = under_epoch AND c.position = from_position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the checkpoint of % in %:% is no longer at position % of epoch %',
            of_group, of_topic, of_partition, from_position, under_epoch
            USING ERRCODE = 'PF001', DETAIL = of_topic || ':' || of_partition;
    END IF;
END $$;
CREATE FUNCTION perch.as_json(data text) RETURNS json
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
BEGIN
    RETURN data::json;
EXCEPTION WHEN OTHERS THEN
    RETURN json_build_object('perch_unreadable', data);
END $$;
CREATE FUNCTION perch.as_jsonb(data json) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
BEGIN
    RETURN data::jsonb;
EXCEPTION WHEN OTHERS THEN
    RETURN to_jsonb(data::text);
END $$;
CREATE FUNCTION perch.ask_limit(of_group text, of_limit text, per_second double precision, burst integer, at_a_time integer, wanted integer, unused integer, OUT allowed integer, OUT wait_seconds double precision, OUT has_free_slot boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
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
CREATE TABLE perch.log (
    topic text NOT NULL,
    partition integer NOT NULL,
    "position" bigint NOT NULL,
    milliseconds bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    traceparent text,
    data json NOT NULL
);
CREATE FUNCTION perch.assign_positions(most integer, except_partitions text[]) RETURNS SETOF perch.log
    LANGUAGE plpgsql
    AS $$
DECLARE
    lane record;
    now_milliseconds bigint;
BEGIN
    FOR lane IN
        SELECT p.topic, p.partition, 16777216 / count(*) OVER () AS room FROM perch.partitions p
        WHERE EXISTS (SELECT FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition)
            AND (p.topic || ':' || p.partition) <> ALL (except_partitions)
            AND NOT EXISTS (SELECT FROM perch.topics t WHERE t.topic = p.topic AND t.held_at IS NOT NULL)
        ORDER BY p.topic, p.partition
    LOOP
        PERFORM FROM perch.partitions p WHERE p.topic = lane.topic AND p.partition = lane.partition
            FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        now_milliseconds := floor(extract(epoch FROM clock_timestamp()) * 1000);
        RETURN QUERY
        WITH taken AS (
            DELETE FROM perch.outbox o
            WHERE o.topic = lane.topic AND o.partition = lane.partition AND o.sequence < coalesce(
                (SELECT u.sequence FROM perch.outbox u
                WHERE u.topic = lane.topic AND u.partition = lane.partition AND NOT u.is_checked
                ORDER BY u.sequence LIMIT 1),
                9223372036854775807
            ) AND o.sequence <= CASE
                -- Only where there are large ones their sizes are added up; one is taken whatever its size.
                WHEN EXISTS (
                    SELECT FROM perch.outbox l WHERE l.topic = lane.topic AND l.partition = lane.partition
                        AND octet_length(l.data::text) > 2048
                ) THEN (
                    SELECT max(n.sequence) FROM (
                        SELECT f.sequence,
                            sum(octet_length(f.data::text)) OVER (ORDER BY f.sequence ROWS UNBOUNDED PRECEDING)
                                - octet_length(f.data::text) AS before
                        FROM perch.outbox f WHERE f.topic = lane.topic AND f.partition = lane.partition
                        ORDER BY f.sequence LIMIT most
                    ) n WHERE n.before < lane.room
                )
                -- A range of the primary key, whatever the planner believes of a table that is mostly empty.
                ELSE coalesce(
                    (SELECT n.sequence FROM perch.outbox n
                    WHERE n.topic = lane.topic AND n.partition = lane.partition
                    ORDER BY n.sequence OFFSET least(most, greatest(lane.room / 2048, 1)) - 1 LIMIT 1),
                    9223372036854775807
                )
            END
            RETURNING o.*
        ), given AS (
            INSERT INTO perch.log AS l
            SELECT t.topic, t.partition, p.last_position + row_number() OVER (ORDER BY t.sequence),
                greatest(p.last_milliseconds, now_milliseconds), t.event_id, t.type, t.version, t.key, t.time,
                t.traceparent, t.data
            FROM taken t JOIN perch.partitions p ON p.topic = t.topic AND p.partition = t.partition
            RETURNING l.*
        ), moved AS (
            UPDATE perch.partitions p
            SET last_position = p.last_position + (SELECT count(*) FROM given),
                last_milliseconds = greatest(p.last_milliseconds, now_milliseconds)
            WHERE p.topic = lane.topic AND p.partition = lane.partition AND EXISTS (SELECT FROM given)
        )
        SELECT * FROM given ORDER BY given.position;
    END LOOP;
END $$;
CREATE FUNCTION perch.beat(of_group text, standing text[], on_host text, by_pid integer, lease interval, OUT revision bigint, OUT living bigint, OUT is_settled boolean, OUT clock bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM set_config('lock_timeout', ceil(least(extract(epoch FROM lease), 5) * 1000) || 'ms', true);
    INSERT INTO perch.workers AS w (worker, group_name, host, pid, expires_at)
    SELECT s.worker, of_group, on_host, by_pid, clock_timestamp() + lease FROM unnest(standing) AS s (worker)
    ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp(), expires_at = excluded.expires_at;
    DELETE FROM perch.workers w WHERE w.group_name = of_group AND w.heartbeat_at < clock_timestamp() - 10 * lease;
    SELECT coalesce(bit_xor(hashtextextended(w.worker, 0)) FILTER (
            WHERE coalesce(w.expires_at, w.heartbeat_at + lease) >= clock_timestamp()
        ), 0),
        count(*) FILTER (WHERE w.expires_at IS NULL) = 0,
        coalesce((SELECT r.revision FROM perch.lease_revisions r WHERE r.group_name = of_group), 0),
        floor(extract(epoch FROM clock_timestamp()) * 1000)
    INTO living, is_settled, revision, clock
    FROM perch.workers w WHERE w.group_name = of_group;
END $$;
CREATE FUNCTION perch.confirm_epoch(of_topic text, of_partition integer, under_epoch bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM perch.confirm_epoch(
        (SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition, under_epoch
    );
END $$;
CREATE FUNCTION perch.confirm_epoch(of_group text, of_topic text, of_partition integer, under_epoch bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM perch.checkpoints c
    WHERE c.group_name = of_group AND c.topic = of_topic AND c.partition = of_partition AND c.epoch = under_epoch
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the checkpoint of % in %:% is no longer of epoch %',
            of_group, of_topic, of_partition, under_epoch
            USING ERRCODE = 'PF001', DETAIL = of_topic || ':' || of_partition;
    END IF;
END $$;
CREATE FUNCTION perch.crc32(bytes bytea) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(bytes) - 1 LOOP
        crc := crc # get_byte(bytes, i);
        FOR bit IN 1 .. 8 LOOP
            crc := CASE WHEN crc & 1 = 1 THEN (crc >> 1) # 3988292384 ELSE crc >> 1 END;
        END LOOP;
    END LOOP;
    RETURN crc # 4294967295;
END $$;
CREATE FUNCTION perch.drop_archived(of_topic text, of_partition integer, through bigint, most bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
DECLARE
    oldest bigint;
    dropped bigint;
BEGIN
    -- Milliseconds never go back within a partition: what is old enough is a prefix of it.
    SELECT min(l.position) INTO oldest FROM perch.log l WHERE l.topic = of_topic AND l.partition = of_partition;
    DELETE FROM perch.log l USING perch.topics t, perch.partitions p
    WHERE l.topic = of_topic AND l.partition = of_partition
        AND t.topic = of_topic AND t.archive IS NOT NULL
        AND p.topic = of_topic AND p.partition = of_partition
        AND l.position < oldest + most
        AND l.position <= least(through, p.trimmed_position)
        AND l.milliseconds < floor(extract(epoch FROM clock_timestamp() - t.archive) * 1000);
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;
CREATE FUNCTION perch.idle_partitions(of_group text) RETURNS TABLE(topic text, partition integer)
    LANGUAGE sql STABLE
    AS $$
    SELECT l.topic, l.partition FROM perch.leases l
    WHERE l.group_name = of_group AND EXISTS (
        SELECT FROM perch.layouts y
        WHERE y.topic = l.topic AND (
            l.partition >= y.next_partitions AND y.generation = (
                SELECT max(n.generation) FROM perch.layouts n WHERE n.topic = l.topic
            )
            OR l.partition >= y.partitions AND (
                EXISTS (
                    SELECT FROM perch.checkpoints c
                    WHERE c.group_name = of_group AND c.topic = l.topic
                        AND c.partition = l.partition % y.partitions
                        AND c.position < y.ends[l.partition % y.partitions + 1]
                )
                OR EXISTS (
                    SELECT FROM perch.failed_events f
                    WHERE f.group_name = of_group AND f.topic = l.topic
                        AND f.partition = l.partition % y.partitions
                        AND f.position <= y.ends[l.partition % y.partitions + 1]
                )
            )
        )
    )
$$;
CREATE FUNCTION perch.lies_idle(of_topic text, of_partition integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT perch.lies_idle((SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition)
$$;
CREATE FUNCTION perch.lies_idle(of_group text, of_topic text, of_partition integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM perch.idle_partitions(of_group) i WHERE i.topic = of_topic AND i.partition = of_partition
    )
$$;
CREATE FUNCTION perch.move_due(most integer) RETURNS bigint
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    AS $$
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
CREATE FUNCTION perch.place_in_partition() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    count int;
BEGIN
    SELECT t.partitions INTO count FROM perch.topics t WHERE t.topic = NEW.topic;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'topic % is not one of this database''s', NEW.topic
            USING ERRCODE = 'foreign_key_violation', HINT = 'See SELECT * FROM perch.topics.';
    END IF;
    IF NEW.partition IS NULL THEN
        NEW.partition := perch.crc32(convert_to(NEW.key, 'UTF8')) % count;
    ELSIF NEW.partition NOT BETWEEN 0 AND count - 1 THEN
        RAISE EXCEPTION 'topic % has no partition %: it has 0 to %', NEW.topic, NEW.partition, count - 1
            USING ERRCODE = 'foreign_key_violation', HINT = 'Leave the partition out: it follows from the key.';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION perch.prepare_delayed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION perch.raise_lease_revision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    INSERT INTO perch.lease_revisions AS r (group_name, revision, changed_by)
    VALUES (coalesce(NEW.group_name, OLD.group_name), 1, pg_current_xact_id())
    ON CONFLICT (group_name) DO UPDATE SET revision = r.revision + 1, changed_by = excluded.changed_by
    WHERE r.changed_by <> excluded.changed_by;
    RETURN NULL;
END $$;
CREATE FUNCTION perch.raise_lease_revisions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    PERFORM FROM perch.lease_revisions r ORDER BY r.group_name FOR UPDATE;
    UPDATE perch.lease_revisions SET revision = revision + 1, changed_by = pg_current_xact_id()
    WHERE changed_by <> pg_current_xact_id();
    RETURN NULL;
END $$;
CREATE FUNCTION perch.refuse_former_release() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'a program of a release that knows no groups may not write %.%: this database holds the groups %',
        TG_TABLE_SCHEMA, TG_TABLE_NAME,
        (SELECT coalesce(string_agg(g.group_name, ', ' ORDER BY g.group_name), 'of a newer release')
            FROM perch.groups g)
        USING ERRCODE = 'PF002', HINT = 'Stop that program, and start its present release.',
            -- The release before logs this of an error, and not its message.
            CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
END $$;
CREATE FUNCTION perch.require_admitted_group() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM perch.groups g WHERE g.group_name = NEW.group_name) THEN
        RAISE EXCEPTION 'group % has not been admitted to this database, which holds the groups %', NEW.group_name,
            (SELECT coalesce(string_agg(g.group_name, ', ' ORDER BY g.group_name), 'of a newer release')
                FROM perch.groups g)
            USING ERRCODE = 'PF002', HINT = 'Stop that program, and start its present release.',
            -- The release before logs this of an error, and not its message.
            CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION perch.require_current_topics() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    AS $$
BEGIN
    PERFORM FROM perch.topics FOR SHARE;
    RETURN NULL;
END $$;
CREATE FUNCTION perch.require_worker_of_group() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT count(*) > 1 FROM perch.groups) AND NOT EXISTS (
        SELECT FROM perch.workers w
        WHERE w.worker = NEW.owner AND w.group_name = NEW.group_name AND w.expires_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'worker % is none of group % of the present release', NEW.owner, NEW.group_name
            USING ERRCODE = 'PF002', HINT = 'Stop its program, and start its present release.',
                CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION perch.set_aside(of_topic text, of_partition integer, of_entry text, of_milliseconds bigint, of_position bigint, of_event text, of_data bytea, of_fields bytea[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    size bigint := octet_length(array_send(of_fields));
    sum_of_fields bytea := sha256(array_send(of_fields));
BEGIN
    IF EXISTS (
        SELECT FROM perch.log l
        WHERE l.topic = of_topic AND l.partition = of_partition AND l.position = of_position
            AND l.milliseconds = of_milliseconds AND l.event_id::text = lower(of_event)
            AND convert_to(l.data::text, 'UTF8') = of_data
    ) OR EXISTS (
        SELECT FROM perch.foreign_entries f
        WHERE f.topic = of_topic AND f.partition = of_partition AND f.entry_id = of_entry
            AND f.digest = sum_of_fields
    ) THEN
        RETURN;
    END IF;
    INSERT INTO perch.foreign_totals (topic, partition) VALUES (of_topic, of_partition) ON CONFLICT DO NOTHING;
    UPDATE perch.foreign_totals t SET kept = t.kept + 1, bytes = t.bytes + size
    WHERE t.topic = of_topic AND t.partition = of_partition AND t.kept < 10000 AND t.bytes + size <= 67108864;
    IF NOT FOUND THEN
        UPDATE perch.foreign_totals t SET beyond = t.beyond + 1
        WHERE t.topic = of_topic AND t.partition = of_partition;
        RETURN;
    END IF;
    INSERT INTO perch.foreign_entries (topic, partition, entry_id, fields, digest)
    VALUES (of_topic, of_partition, of_entry, of_fields, sum_of_fields)
    ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION perch.settle_checked(good bigint[], bad bigint[], reasons text[], OUT passed bigint, OUT refused bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE perch.outbox o SET is_checked = true WHERE NOT o.is_checked AND o.sequence = ANY (good);
    GET DIAGNOSTICS passed = ROW_COUNT;
    WITH taken AS (
        DELETE FROM perch.outbox o USING unnest(bad, reasons) AS r (sequence, reason)
        WHERE NOT o.is_checked AND o.sequence = r.sequence
        RETURNING o.*, r.reason
    )
    INSERT INTO perch.refused_events
        (topic, partition, sequence, event_id, type, version, key, time, traceparent, data, reason)
    SELECT t.topic, t.partition, t.sequence, t.event_id, t.type, t.version, t.key, t.time, t.traceparent, t.data,
        t.reason
    FROM taken t ORDER BY t.sequence;
    GET DIAGNOSTICS refused = ROW_COUNT;
END $$;
CREATE FUNCTION perch.settle_checked(of_topics text[], of_partitions integer[], of_sequences bigint[], of_reasons text[], OUT passed bigint, OUT refused bigint[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE perch.outbox o SET is_checked = true
    FROM unnest(of_topics, of_partitions, of_sequences, of_reasons) AS r (topic, partition, sequence, reason)
    WHERE r.reason IS NULL AND NOT o.is_checked
        AND o.topic = r.topic AND o.partition = r.partition AND o.sequence = r.sequence;
    GET DIAGNOSTICS passed = ROW_COUNT;
    WITH taken AS (
        DELETE FROM perch.outbox o
        USING unnest(of_topics, of_partitions, of_sequences, of_reasons)
            WITH ORDINALITY AS r (topic, partition, sequence, reason, place)
        WHERE r.reason IS NOT NULL AND NOT o.is_checked
            AND o.topic = r.topic AND o.partition = r.partition AND o.sequence = r.sequence
        RETURNING o.*, r.reason, r.place
    ), kept AS (
        INSERT INTO perch.refused_events
            (topic, partition, sequence, event_id, type, version, key, time, traceparent, data, reason)
        SELECT t.topic, t.partition, t.sequence, t.event_id, t.type, t.version, t.key, t.time, t.traceparent, t.data,
            t.reason
        FROM taken t ORDER BY t.sequence
    )
    SELECT coalesce(array_agg(t.place), '{}') INTO refused FROM taken t;
END $$;
CREATE FUNCTION perch.tell_former_release() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE perch.leases l
    SET expires_at = coalesce((SELECT w.expires_at FROM perch.workers w WHERE w.worker = l.owner), '-infinity')
    FROM (
        SELECT k.group_name, k.topic, k.partition FROM perch.leases k
        WHERE k.owner IS NOT NULL AND NOT EXISTS (
            SELECT FROM perch.workers f WHERE f.worker = k.owner AND f.expires_at IS NULL
        )
        FOR UPDATE OF k SKIP LOCKED
    ) AS own
    WHERE (l.group_name, l.topic, l.partition) = (own.group_name, own.topic, own.partition);
    RETURN NEW;
END $$;
CREATE TABLE perch.checkpoints (
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    entry_id text DEFAULT '0-0'::text NOT NULL,
    attempted_from bigint DEFAULT 0 NOT NULL,
    attempted_to bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    group_name text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE perch.delayed_events (
    event_id uuid DEFAULT gen_random_uuid() NOT NULL,
    sequence bigint NOT NULL,
    topic text NOT NULL,
    checksum bigint NOT NULL,
    type text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    key text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    traceparent text,
    data json NOT NULL,
    is_checked boolean DEFAULT false NOT NULL,
    CONSTRAINT delayed_events_data_has_no_nul CHECK (((POSITION(('\u0000'::text) IN ((data)::text)) = 0) OR ((data)::text !~ '(^|[^\\])(\\\\)*\\u0000'::text))),
    CONSTRAINT delayed_events_data_object CHECK ((json_typeof(data) = 'object'::text)),
    CONSTRAINT delayed_events_data_size CHECK ((octet_length((data)::text) <= 65536)),
    CONSTRAINT delayed_events_due_range CHECK (((due_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (due_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT delayed_events_key_check CHECK (((key <> ''::text) AND (octet_length(key) <= 256))),
    CONSTRAINT delayed_events_traceparent_check CHECK ((octet_length(traceparent) <= 256)),
    CONSTRAINT delayed_events_type_check CHECK ((type <> ''::text)),
    CONSTRAINT delayed_events_type_size CHECK ((octet_length(type) <= 245)),
    CONSTRAINT delayed_events_version_check CHECK ((version > 0))
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000');
ALTER TABLE perch.delayed_events ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.delayed_events_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.failed_events (
    id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "position" bigint NOT NULL,
    entry_id text NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    subject text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    payload bytea NOT NULL,
    state text NOT NULL,
    error text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    failed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    traceparent text,
    next_attempt_at timestamp with time zone,
    last_attempt_at timestamp with time zone,
    waits integer DEFAULT 0 NOT NULL,
    original_payload bytea,
    group_name text DEFAULT ''::text NOT NULL,
    CONSTRAINT failed_events_state_check CHECK ((state = ANY (ARRAY['failed'::text, 'held'::text, 'dead'::text])))
);
ALTER TABLE perch.failed_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.failed_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.failure_revisions (
    topic text NOT NULL,
    partition integer NOT NULL,
    revision bigint NOT NULL,
    group_name text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE perch.foreign_entries (
    id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    entry_id text NOT NULL,
    fields bytea[] NOT NULL,
    found_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    digest bytea NOT NULL
);
ALTER TABLE perch.foreign_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.foreign_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.foreign_totals (
    topic text NOT NULL,
    partition integer NOT NULL,
    kept bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    beyond bigint DEFAULT 0 NOT NULL
);
CREATE TABLE perch.groups (
    group_name text NOT NULL,
    is_carried boolean DEFAULT false NOT NULL,
    admitted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT groups_group_name_check CHECK ((group_name <> ''::text))
);
CREATE TABLE perch.layouts (
    topic text NOT NULL,
    generation integer NOT NULL,
    partitions integer NOT NULL,
    next_partitions integer NOT NULL,
    ends bigint[] NOT NULL,
    ended_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT layouts_generation_check CHECK ((generation > 0)),
    CONSTRAINT layouts_next_partitions_check CHECK ((next_partitions > 0)),
    CONSTRAINT layouts_partitions_check CHECK ((partitions > 0))
);
CREATE TABLE perch.lease_revisions (
    group_name text NOT NULL,
    revision bigint NOT NULL,
    changed_by xid8 NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE perch.leases (
    topic text NOT NULL,
    partition integer NOT NULL,
    owner text,
    epoch bigint DEFAULT 0 NOT NULL,
    backend_pid integer,
    backend_start timestamp with time zone,
    expires_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    group_name text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE perch.limit_slots (
    group_name text NOT NULL,
    limit_name text NOT NULL,
    slot integer NOT NULL,
    CONSTRAINT limit_slots_slot_check CHECK ((slot > 0))
);
CREATE TABLE perch.limits (
    group_name text NOT NULL,
    limit_name text NOT NULL,
    per_second double precision,
    burst integer NOT NULL,
    at_a_time integer,
    allowed double precision NOT NULL,
    counted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    waited_until timestamp with time zone
)
WITH (fillfactor='50');
CREATE TABLE perch.migrations (
    component text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE perch.operations (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    operator text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    group_name text DEFAULT ''::text
);
ALTER TABLE perch.operations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.operations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.outbox (
    sequence bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    event_id uuid DEFAULT gen_random_uuid() NOT NULL,
    type text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    key text NOT NULL,
    "time" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    traceparent text,
    data json NOT NULL,
    is_checked boolean DEFAULT false NOT NULL,
    CONSTRAINT outbox_data_object CHECK ((json_typeof(data) = 'object'::text)),
    CONSTRAINT outbox_data_size CHECK ((octet_length((data)::text) <= 65536)),
    CONSTRAINT outbox_key_check CHECK (((key <> ''::text) AND (octet_length(key) <= 256))),
    CONSTRAINT outbox_traceparent_check CHECK ((octet_length(traceparent) <= 256)),
    CONSTRAINT outbox_type_check CHECK ((type <> ''::text)),
    CONSTRAINT outbox_version_check CHECK ((version > 0))
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000');
ALTER TABLE perch.outbox ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.outbox_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.partitions (
    topic text NOT NULL,
    partition integer NOT NULL,
    last_position bigint DEFAULT 0 NOT NULL,
    last_milliseconds bigint DEFAULT 0 NOT NULL,
    trimmed_position bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');
CREATE VIEW perch.published AS
 SELECT log.topic,
    log.partition,
    log."position",
    ((log.milliseconds || '-'::text) || log."position") AS entry_id,
    log.event_id,
    log.type,
    log.version,
    log.key AS subject,
    log."time",
        CASE
            WHEN ((octet_length((log.data)::text) > 16000) OR ((log.data)::text ~ '\\u([dD]|0000)|[eE][+-]?[0-9]{5}'::text)) THEN perch.as_jsonb(log.data)
            ELSE (log.data)::jsonb
        END AS data
   FROM perch.log;
CREATE TABLE perch.refused_events (
    id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    sequence bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    key text NOT NULL,
    "time" timestamp with time zone NOT NULL,
    traceparent text,
    data json NOT NULL,
    reason text NOT NULL,
    refused_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE perch.refused_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME perch.refused_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE perch.relays (
    backend_pid integer NOT NULL,
    owner text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    serves integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE perch.schedules (
    service text NOT NULL,
    name text NOT NULL,
    recurrence text NOT NULL,
    time_zone text NOT NULL,
    missed text NOT NULL,
    next_tick timestamp with time zone,
    is_begun boolean DEFAULT false NOT NULL,
    last_tick timestamp with time zone,
    last_run_at timestamp with time zone,
    requested_at timestamp with time zone,
    paused_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    last_error text,
    failed_at timestamp with time zone,
    retry_at timestamp with time zone,
    CONSTRAINT schedules_name_check CHECK (((name <> ''::text) AND (octet_length(name) <= 128)))
)
WITH (fillfactor='50');
CREATE TABLE perch.subscriptions (
    topic text NOT NULL,
    group_name text NOT NULL,
    is_idempotent boolean NOT NULL,
    has_reset boolean NOT NULL,
    declared_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    limit_name text
);
CREATE TABLE perch.topics (
    topic text NOT NULL,
    partitions integer NOT NULL,
    source text NOT NULL,
    held_at timestamp with time zone,
    archive interval,
    CONSTRAINT topics_archive_check CHECK ((archive > '00:00:00'::interval)),
    CONSTRAINT topics_partitions_check CHECK ((partitions > 0))
);
CREATE TABLE perch.workers (
    worker text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    group_name text DEFAULT ''::text NOT NULL,
    expires_at timestamp with time zone
)
WITH (fillfactor='50');
ALTER TABLE ONLY perch.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (group_name, topic, partition);
ALTER TABLE ONLY perch.delayed_events
    ADD CONSTRAINT delayed_events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY perch.failed_events
    ADD CONSTRAINT failed_events_group_name_topic_partition_position_key UNIQUE (group_name, topic, partition, "position");
ALTER TABLE ONLY perch.failed_events
    ADD CONSTRAINT failed_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY perch.failure_revisions
    ADD CONSTRAINT failure_revisions_pkey PRIMARY KEY (group_name, topic, partition);
ALTER TABLE ONLY perch.foreign_entries
    ADD CONSTRAINT foreign_entries_once UNIQUE (topic, partition, entry_id, digest);
ALTER TABLE ONLY perch.foreign_entries
    ADD CONSTRAINT foreign_entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY perch.foreign_totals
    ADD CONSTRAINT foreign_totals_pkey PRIMARY KEY (topic, partition);
ALTER TABLE ONLY perch.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (group_name);
ALTER TABLE ONLY perch.layouts
    ADD CONSTRAINT layouts_pkey PRIMARY KEY (topic, generation);
ALTER TABLE ONLY perch.lease_revisions
    ADD CONSTRAINT lease_revisions_pkey PRIMARY KEY (group_name);
ALTER TABLE ONLY perch.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (group_name, topic, partition);
ALTER TABLE ONLY perch.limit_slots
    ADD CONSTRAINT limit_slots_pkey PRIMARY KEY (group_name, limit_name, slot);
ALTER TABLE ONLY perch.limits
    ADD CONSTRAINT limits_pkey PRIMARY KEY (group_name, limit_name);
ALTER TABLE ONLY perch.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (topic, partition, "position");
ALTER TABLE ONLY perch.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (component, version);
ALTER TABLE ONLY perch.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (id);
ALTER TABLE perch.outbox
    ADD CONSTRAINT outbox_data_has_no_nul CHECK (((POSITION(('\u0000'::text) IN ((data)::text)) = 0) OR ((data)::text !~ '(^|[^\\])(\\\\)*\\u0000'::text))) NOT VALID;
ALTER TABLE ONLY perch.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (topic, partition, sequence);
ALTER TABLE perch.outbox
    ADD CONSTRAINT outbox_sequence_range CHECK ((sequence < '9223372036854775807'::bigint)) NOT VALID;
ALTER TABLE perch.outbox
    ADD CONSTRAINT outbox_time_range CHECK ((("time" >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND ("time" < '10000-01-01 00:00:00+00'::timestamp with time zone))) NOT VALID;
ALTER TABLE perch.outbox
    ADD CONSTRAINT outbox_type_size CHECK ((octet_length(type) <= 245)) NOT VALID;
ALTER TABLE ONLY perch.partitions
    ADD CONSTRAINT partitions_pkey PRIMARY KEY (topic, partition);
ALTER TABLE ONLY perch.refused_events
    ADD CONSTRAINT refused_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY perch.relays
    ADD CONSTRAINT relays_pkey PRIMARY KEY (backend_pid);
ALTER TABLE ONLY perch.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (service, name);
ALTER TABLE ONLY perch.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (group_name, topic);
ALTER TABLE ONLY perch.topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (topic);
ALTER TABLE ONLY perch.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (worker);
CREATE INDEX delayed_events_due ON perch.delayed_events USING btree (due_at, sequence);
CREATE INDEX delayed_events_key ON perch.delayed_events USING btree (topic, key);
CREATE INDEX failed_events_by_key ON perch.failed_events USING btree (group_name, topic, partition, subject, "position");
CREATE UNIQUE INDEX groups_carried ON perch.groups USING btree (is_carried) WHERE is_carried;
CREATE INDEX operations_at ON perch.operations USING btree (at, id);
CREATE INDEX operations_discarded ON perch.operations USING btree ((((details -> 'event'::text) ->> 'event_id'::text))) WHERE (action = 'discard_failed'::text);
CREATE UNIQUE INDEX operations_published ON perch.operations USING btree (target) WHERE (action = 'publish'::text);
CREATE INDEX operations_replayed ON perch.operations USING btree (id) WHERE (action = ANY (ARRAY['replay'::text, 'replay selected'::text, 'rewind'::text]));
CREATE INDEX outbox_large ON perch.outbox USING btree (topic, partition, sequence) WHERE (octet_length((data)::text) > 2048);
CREATE INDEX outbox_to_check ON perch.outbox USING btree (sequence) WHERE (NOT is_checked);
CREATE INDEX outbox_unchecked ON perch.outbox USING btree (topic, partition, sequence) WHERE (NOT is_checked);
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.checkpoints FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.failed_events FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.failure_revisions FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.leases FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.operations FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.workers FOR EACH ROW WHEN ((new.group_name = ''::text)) EXECUTE FUNCTION perch.refuse_former_release();
CREATE TRIGGER b_tell_former_release BEFORE INSERT ON perch.workers FOR EACH ROW WHEN ((new.expires_at IS NULL)) EXECUTE FUNCTION perch.tell_former_release();
CREATE TRIGGER place_in_partition BEFORE INSERT ON perch.outbox FOR EACH ROW WHEN (((new.partition IS NULL) OR (NOT new.is_checked) OR ((new.partition < 0) OR (new.partition > 1023)))) EXECUTE FUNCTION perch.place_in_partition();
CREATE TRIGGER prepare_delayed BEFORE INSERT ON perch.delayed_events FOR EACH ROW EXECUTE FUNCTION perch.prepare_delayed();
CREATE CONSTRAINT TRIGGER raise_lease_revision AFTER INSERT OR DELETE OR UPDATE ON perch.failure_revisions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revision();
CREATE CONSTRAINT TRIGGER raise_lease_revision AFTER INSERT OR DELETE OR UPDATE OF owner, epoch, paused_at ON perch.leases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revision();
CREATE CONSTRAINT TRIGGER raise_lease_revisions AFTER INSERT OR DELETE OR UPDATE ON perch.layouts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revisions();
CREATE TRIGGER require_admitted_group BEFORE INSERT ON perch.subscriptions FOR EACH ROW EXECUTE FUNCTION perch.require_admitted_group();
CREATE TRIGGER require_current_topics BEFORE INSERT ON perch.outbox FOR EACH STATEMENT WHEN ((current_setting('transaction_isolation'::text) = ANY (ARRAY['repeatable read'::text, 'serializable'::text]))) EXECUTE FUNCTION perch.require_current_topics();
CREATE TRIGGER require_worker_of_group BEFORE UPDATE OF owner ON perch.leases FOR EACH ROW WHEN (((new.owner IS NOT NULL) AND (new.owner IS DISTINCT FROM old.owner))) EXECUTE FUNCTION perch.require_worker_of_group();
ALTER TABLE ONLY perch.partitions
    ADD CONSTRAINT partitions_topic_fkey FOREIGN KEY (topic) REFERENCES perch.topics(topic);
