extension Migration {
    /// The tables, functions and views of schema `perch`: Perch's part of every service's database.
    ///
    /// A migration that was released is never changed; what changes the schema is a new one at the end. What all of them give
    /// together is in `current.sql`: read that to know the schema, and these to know how it came to be.
    public static let perch: [Migration] = [
        Migration(version: 1, name: "outbox", sql: outbox),
        Migration(version: 2, name: "assign_positions", sql: assignPositions),
        Migration(version: 3, name: "consuming", sql: consuming),
        Migration(version: 4, name: "failures", sql: failures),
        Migration(version: 5, name: "operating", sql: operating),
        Migration(version: 6, name: "operations", sql: operations),
        Migration(version: 7, name: "failed_keys", sql: failedKeys),
        Migration(version: 8, name: "partition_changes", sql: partitionChanges),
        Migration(version: 9, name: "groups", sql: groups),
        Migration(version: 10, name: "discards", sql: discards),
        Migration(version: 11, name: "archive", sql: archive),
        Migration(version: 12, name: "refused_events", sql: refusedEvents),
        Migration(version: 13, name: "outbox_places", sql: outboxPlaces),
        Migration(version: 14, name: "relays", sql: relays),
        Migration(version: 15, name: "lease_revisions", sql: leaseRevisions),
        Migration(version: 16, name: "audit", sql: audit),
        Migration(version: 17, name: "limits", sql: limits),
        Migration(version: 18, name: "delayed_events", sql: delayedEvents),
        Migration(version: 19, name: "schedules", sql: schedules),
        Migration(version: 20, name: "delays_passed_over", sql: delaysPassedOver),
    ]

    private static let outbox = #"""
        -- The topics this database owns, and where each of their partitions stands.
        CREATE TABLE perch.topics (
            topic text PRIMARY KEY,
            partitions int NOT NULL CHECK (partitions > 0),
            source text NOT NULL
        );
        CREATE TABLE perch.partitions (
            topic text NOT NULL REFERENCES perch.topics,
            partition int NOT NULL,
            last_position bigint NOT NULL DEFAULT 0,
            last_milliseconds bigint NOT NULL DEFAULT 0,
            trimmed_position bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (topic, partition)
        ) WITH (fillfactor = 50);

        -- CRC-32 (ISO-HDLC) for publishers that leave the partition to the database; Swift computes it itself.
        CREATE FUNCTION perch.crc32(bytes bytea) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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

        -- Events that are committed and have no position yet. It stays tiny: the relay moves its rows into the log.
        -- No foreign key: its share lock on the partition's row would make every publisher wait for the relay.
        CREATE TABLE perch.outbox (
            sequence bigint GENERATED ALWAYS AS IDENTITY,
            topic text NOT NULL,
            partition int NOT NULL,
            event_id uuid NOT NULL DEFAULT gen_random_uuid(),
            type text NOT NULL CHECK (type <> ''),
            version int NOT NULL DEFAULT 1 CHECK (version > 0),
            key text NOT NULL CHECK (key <> '' AND octet_length(key) <= 256),
            time timestamptz NOT NULL DEFAULT clock_timestamp(),
            traceparent text CHECK (octet_length(traceparent) <= 256),
            data json NOT NULL,
            PRIMARY KEY (topic, partition, sequence),
            CONSTRAINT outbox_data_size CHECK (octet_length(data::text) <= 65536),
            CONSTRAINT outbox_data_object CHECK (json_typeof(data) = 'object'),
            CONSTRAINT outbox_data_has_no_nul CHECK (position('\u0000' IN data::text) = 0)
        ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

        CREATE FUNCTION perch.place_in_partition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT (perch.crc32(convert_to(NEW.key, 'UTF8')) % t.partitions)::int INTO NEW.partition
            FROM perch.topics t WHERE t.topic = NEW.topic;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'topic % is not one of this database''s', NEW.topic
                    USING ERRCODE = 'foreign_key_violation', HINT = 'See SELECT * FROM perch.topics.';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER place_in_partition BEFORE INSERT ON perch.outbox
            FOR EACH ROW WHEN (NEW.partition IS NULL) EXECUTE FUNCTION perch.place_in_partition();

        -- Every event that has a position. Only ever inserted into.
        CREATE TABLE perch.log (
            topic text NOT NULL,
            partition int NOT NULL,
            position bigint NOT NULL,
            milliseconds bigint NOT NULL,
            event_id uuid NOT NULL,
            type text NOT NULL,
            version int NOT NULL,
            key text NOT NULL,
            time timestamptz NOT NULL,
            traceparent text,
            data json NOT NULL,
            PRIMARY KEY (topic, partition, position)
        );

        -- Entries that were found in our streams and are not ours: name and value of each field, in turn.
        CREATE TABLE perch.foreign_entries (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            topic text NOT NULL,
            partition int NOT NULL,
            entry_id text NOT NULL,
            fields bytea[] NOT NULL,
            found_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        CREATE VIEW perch.published AS
            SELECT topic, partition, position, milliseconds || '-' || position AS entry_id, event_id, type, version,
                key AS subject, time, data::jsonb AS data
            FROM perch.log;
        """#

    /// Version 8 and version 12 replace its function: its body is in `PerchMigrations+Door.swift`.
    private static let assignPositions = #"""
        -- Gives the next positions, and ids whose milliseconds never go back, to committed rows of the outbox.
        -- Each statement of a volatile function sees what was committed before it, so also all that the relay which
        -- held the row's lock before us has done.
        CREATE FUNCTION perch.assign_positions(most int, except_partitions text[])
        RETURNS SETOF perch.log LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            lane record;
            now_milliseconds bigint;
        BEGIN
            FOR lane IN
                SELECT p.topic, p.partition FROM perch.partitions p
                WHERE EXISTS (SELECT FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition)
                    AND (p.topic || ':' || p.partition) <> ALL (except_partitions)
                ORDER BY p.topic, p.partition
            LOOP
                PERFORM FROM perch.partitions p WHERE p.topic = lane.topic AND p.partition = lane.partition
                    FOR NO KEY UPDATE SKIP LOCKED;
                CONTINUE WHEN NOT FOUND;
                now_milliseconds := floor(extract(epoch FROM clock_timestamp()) * 1000);
                RETURN QUERY
                WITH taken AS (
                    DELETE FROM perch.outbox o
                    WHERE o.topic = lane.topic AND o.partition = lane.partition AND o.sequence <= coalesce(
                        -- A range of the primary key, whatever the planner believes of a table that is mostly empty.
                        (SELECT n.sequence FROM perch.outbox n
                        WHERE n.topic = lane.topic AND n.partition = lane.partition
                        ORDER BY n.sequence OFFSET most - 1 LIMIT 1),
                        9223372036854775807
                    )
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
        """#

    private static let consuming = #"""
        -- Who reads which partition. A lease that is free has no owner.
        CREATE TABLE perch.leases (
            topic text NOT NULL,
            partition int NOT NULL,
            owner text,
            epoch bigint NOT NULL DEFAULT 0,
            backend_pid int,
            backend_start timestamptz,
            expires_at timestamptz NOT NULL DEFAULT '-infinity',
            PRIMARY KEY (topic, partition)
        ) WITH (fillfactor = 50);

        -- How far the group has come: moved only in the transaction of the effects.
        CREATE TABLE perch.checkpoints (
            topic text NOT NULL,
            partition int NOT NULL,
            epoch bigint NOT NULL DEFAULT 0,
            position bigint NOT NULL DEFAULT 0,
            entry_id text NOT NULL DEFAULT '0-0',
            PRIMARY KEY (topic, partition)
        ) WITH (fillfactor = 50);

        CREATE TABLE perch.workers (
            worker text PRIMARY KEY,
            host text NOT NULL,
            pid int NOT NULL,
            started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp()
        ) WITH (fillfactor = 50);

        -- The fence. That no row matches is an error, so that a COMMIT pipelined behind it fails.
        CREATE FUNCTION perch.advance_checkpoint(
            of_topic text, of_partition int, under_epoch bigint, from_position bigint, to_position bigint, to_entry text
        ) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            UPDATE perch.checkpoints c SET position = to_position, entry_id = to_entry
            WHERE c.topic = of_topic AND c.partition = of_partition
                AND c.epoch = under_epoch AND c.position = from_position;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the checkpoint of %:% is no longer at position % of epoch %',
                    of_topic, of_partition, from_position, under_epoch
                    USING ERRCODE = 'PF001', DETAIL = of_topic || ':' || of_partition;
            END IF;
        END $$;
        """#

    private static let failures = #"""
        -- Events that could not be processed, with their bytes: Postgres has taken responsibility for them.
        CREATE TABLE perch.failed_events (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            topic text NOT NULL,
            partition int NOT NULL,
            position bigint NOT NULL,
            entry_id text NOT NULL,
            event_id uuid NOT NULL,
            type text NOT NULL,
            version int NOT NULL,
            subject text NOT NULL,
            time timestamptz NOT NULL,
            payload bytea NOT NULL,
            state text NOT NULL CHECK (state IN ('failed', 'held', 'dead')),
            error text NOT NULL,
            attempts int NOT NULL DEFAULT 1,
            failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            UNIQUE (topic, partition, position)
        );
        """#
}
