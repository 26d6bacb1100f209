extension Migration {
    /// What gets a position is what every reader takes: a row that is not waits in `perch.refused_events`.
    static let refusedEvents = #"""
        -- Whether somebody has looked at the row with the reader's own eyes: `tx.publish` before it inserts, the relay for
        -- everybody else. Left out, it is false. Nothing behind a row that nobody has looked at gets a position before it.
        ALTER TABLE perch.outbox ADD COLUMN is_checked boolean NOT NULL DEFAULT false;
        CREATE INDEX outbox_unchecked ON perch.outbox (topic, partition, sequence) WHERE NOT is_checked;
        CREATE INDEX outbox_to_check ON perch.outbox (sequence) WHERE NOT is_checked;
        CREATE INDEX outbox_large ON perch.outbox (topic, partition, sequence) WHERE octet_length(data::text) > 2048;

        -- What costs nothing to check here. The rows that are there already are looked at by the relay.
        ALTER TABLE perch.outbox
            -- The schema `TYPE/VERSION` has at most 256 bytes, eleven of them for the slash and the version.
            ADD CONSTRAINT outbox_type_size CHECK (octet_length(type) <= 245) NOT VALID,
            -- What RFC 3339 can say; also not infinite.
            ADD CONSTRAINT outbox_time_range
                CHECK (time >= '0001-01-01 00:00:00Z' AND time < '10000-01-01 00:00:00Z') NOT VALID,
            DROP CONSTRAINT outbox_data_has_no_nul,
            -- The character, not its six letters: behind an escaped backslash they are only letters.
            ADD CONSTRAINT outbox_data_has_no_nul CHECK (
                position('\u0000' IN data::text) = 0 OR data::text !~ '(^|[^\\])(\\\\)*\\u0000'
            ) NOT VALID;

        -- A partition that the topic has, for rows that name one themselves; `tx.publish` takes it from perch.topics in the
        -- statement that inserts. It only reads, so that no publisher waits for a relay.
        CREATE OR REPLACE FUNCTION perch.place_in_partition() RETURNS trigger LANGUAGE plpgsql AS $$
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
        DROP TRIGGER place_in_partition ON perch.outbox;
        CREATE TRIGGER place_in_partition BEFORE INSERT ON perch.outbox
            FOR EACH ROW WHEN (NEW.partition IS NULL OR NOT NEW.is_checked OR NEW.partition NOT BETWEEN 0 AND 1023)
            EXECUTE FUNCTION perch.place_in_partition();

        -- Rows of the outbox that no reader would take, or that are not as the contract says.
        CREATE TABLE perch.refused_events (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            topic text NOT NULL,
            partition int NOT NULL,
            -- Its place in the outbox.
            sequence bigint NOT NULL,
            event_id uuid NOT NULL,
            type text NOT NULL,
            version int NOT NULL,
            key text NOT NULL,
            time timestamptz NOT NULL,
            traceparent text,
            data json NOT NULL,
            reason text NOT NULL,
            refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        -- Marks what was found to be in order, moves what was not, and tells how many of each there were. What another relay was
        -- faster with is passed over.
        CREATE FUNCTION perch.settle_checked(
            good bigint[], bad bigint[], reasons text[], OUT passed bigint, OUT refused bigint
        ) LANGUAGE plpgsql VOLATILE AS $$
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

        -- As before, but of each partition it takes only what lies before the first row that nobody has looked at, and at most
        -- its share of 16 MiB: what is given waits in the relay's memory.
        CREATE OR REPLACE FUNCTION perch.assign_positions(most int, except_partitions text[])
        RETURNS SETOF perch.log LANGUAGE plpgsql VOLATILE AS $$
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

        -- What is set aside is kept once, with its id and its bytes, and within limits: whoever may write to a stream must not
        -- fill the disk. What is beyond them is counted.
        ALTER TABLE perch.foreign_entries ADD COLUMN digest bytea;
        UPDATE perch.foreign_entries SET digest = sha256(array_send(fields));
        DELETE FROM perch.foreign_entries e USING perch.foreign_entries f
            WHERE f.topic = e.topic AND f.partition = e.partition AND f.entry_id = e.entry_id AND f.digest = e.digest
                AND f.id < e.id;
        ALTER TABLE perch.foreign_entries ALTER COLUMN digest SET NOT NULL,
            ADD CONSTRAINT foreign_entries_once UNIQUE (topic, partition, entry_id, digest);

        CREATE TABLE perch.foreign_totals (
            topic text NOT NULL,
            partition int NOT NULL,
            kept bigint NOT NULL DEFAULT 0,
            bytes bigint NOT NULL DEFAULT 0,
            -- How many were found when there was no more room.
            beyond bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (topic, partition)
        );
        INSERT INTO perch.foreign_totals (topic, partition, kept, bytes)
            SELECT topic, partition, count(*), coalesce(sum(octet_length(array_send(fields))), 0)
            FROM perch.foreign_entries GROUP BY topic, partition;

        -- Keeps one foreign entry. What the log holds at this id with this event and this data is ours, and is not kept: the
        -- stream is made again with it.
        CREATE FUNCTION perch.set_aside(
            of_topic text, of_partition int, of_entry text, of_milliseconds bigint, of_position bigint, of_event text,
            of_data bytea, of_fields bytea[]
        ) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
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

        -- One row that jsonb cannot hold (half a surrogate, from before such rows were refused; a number of more than 16,383
        -- digits behind its point, which is a double to readers) must not make all unreadable:
        -- it is there as a string of its text.
        CREATE FUNCTION perch.as_jsonb(data json) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        BEGIN
            RETURN data::jsonb;
        EXCEPTION WHEN OTHERS THEN
            RETURN to_jsonb(data::text);
        END $$;
        -- The data of an entry that is adopted, whatever it is.
        CREATE FUNCTION perch.as_json(data text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        BEGIN
            RETURN data::json;
        EXCEPTION WHEN OTHERS THEN
            RETURN json_build_object('perch_unreadable', data);
        END $$;
        CREATE OR REPLACE VIEW perch.published AS
            SELECT topic, partition, position, milliseconds || '-' || position AS entry_id, event_id, type, version,
                key AS subject, time,
                -- What may be beyond jsonb: surrogates, and numbers of more digits than numeric has.
                CASE WHEN octet_length(data::text) > 16000 OR data::text ~ '\\u([dD]|0000)|[eE][+-]?[0-9]{5}'
                    THEN perch.as_jsonb(data) ELSE data::jsonb END AS data
            FROM perch.log;
        """#
}
