extension Migration {
    /// Another number of partitions for a topic that has events.
    static let partitionChanges = #"""
        -- While it is set nothing of the topic gets a position: what is published waits in the outbox.
        ALTER TABLE perch.topics ADD COLUMN held_at timestamptz;

        -- The layouts that a topic had before its present one: how many partitions, and how many in the layout that followed.
        -- In the database of the owner, and copied into that of each group.
        CREATE TABLE perch.layouts (
            topic text NOT NULL,
            generation int NOT NULL CHECK (generation > 0),
            partitions int NOT NULL CHECK (partitions > 0),
            next_partitions int NOT NULL CHECK (next_partitions > 0),
            -- The last position of the layout in each partition: ends[1] is that of partition 0.
            ends bigint[] NOT NULL,
            ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (topic, generation)
        );

        -- Whether a group has nothing to read in a partition for now, so that it is nobody's share. Either the present layout
        -- does not have it; or it has keys whose earlier events the group has yet to read again in another partition.
        CREATE FUNCTION perch.lies_idle(of_topic text, of_partition int) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (
                SELECT FROM perch.layouts l
                WHERE l.topic = of_topic AND (
                    of_partition >= l.next_partitions AND l.generation = (
                        SELECT max(n.generation) FROM perch.layouts n WHERE n.topic = of_topic
                    )
                    OR of_partition >= l.partitions AND (
                        EXISTS (
                            SELECT FROM perch.checkpoints c
                            WHERE c.topic = of_topic AND c.partition = of_partition % l.partitions
                                AND c.position < l.ends[of_partition % l.partitions + 1]
                        )
                        OR EXISTS (
                            SELECT FROM perch.failed_events f
                            WHERE f.topic = of_topic AND f.partition = of_partition % l.partitions
                                AND f.position <= l.ends[of_partition % l.partitions + 1]
                        )
                    )
                )
            )
        $$;

        -- A transaction that has one snapshot for all its statements would go on placing events by the number of partitions
        -- that it has once seen. A lock on a row that has changed since is an error there (40001): it is to be run again.
        CREATE FUNCTION perch.require_current_topics() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = pg_catalog AS $$
        BEGIN
            PERFORM FROM perch.topics FOR SHARE;
            RETURN NULL;
        END $$;
        CREATE TRIGGER require_current_topics BEFORE INSERT ON perch.outbox FOR EACH STATEMENT
            WHEN (current_setting('transaction_isolation') IN ('repeatable read', 'serializable'))
            EXECUTE FUNCTION perch.require_current_topics();

        -- As before, but it passes over topics that are held.
        CREATE OR REPLACE FUNCTION perch.assign_positions(most int, except_partitions text[])
        RETURNS SETOF perch.log LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            lane record;
            now_milliseconds bigint;
        BEGIN
            FOR lane IN
                SELECT p.topic, p.partition FROM perch.partitions p
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
}
