extension Migration {
    /// Rows of a group carry its name, so that a database may hold several; and a lease lives as long as its worker.
    ///
    /// What a program of the release before writes and asks, it writes and asks for one group: the one whose rows were here.
    static let groups = [carriedGroup, groupFunctions, formerRelease, groupAdmission].joined(separator: "\n")

    private static let carriedGroup = #"""
        -- The consumer groups that keep their state in this database. Rows come by perch.admit_group.
        CREATE TABLE perch.groups (
            group_name text PRIMARY KEY CHECK (group_name <> ''),
            -- Whose rows were here when rows got a group's name; a program of the release before is of this group.
            is_carried boolean NOT NULL DEFAULT false,
            admitted_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE UNIQUE INDEX groups_carried ON perch.groups (is_carried) WHERE is_carried;

        -- In the order in which workers lock them. Who is at work waits until this has committed.
        LOCK TABLE perch.workers, perch.leases, perch.failed_events, perch.failure_revisions, perch.checkpoints,
            perch.subscriptions, perch.operations IN ACCESS EXCLUSIVE MODE;

        DO $$
        DECLARE
            given text := nullif(current_setting('perch.migrating_group', true), '');
            declared text[] := (
                SELECT coalesce(array_agg(DISTINCT s.group_name ORDER BY s.group_name), '{}') FROM perch.subscriptions s
            );
            has_rows boolean := EXISTS (SELECT FROM perch.checkpoints) OR EXISTS (SELECT FROM perch.leases)
                OR EXISTS (SELECT FROM perch.failed_events) OR EXISTS (SELECT FROM perch.failure_revisions)
                OR EXISTS (SELECT FROM perch.workers);
            carried text := CASE WHEN cardinality(declared) = 1 THEN declared[1] END;
            name text;
        BEGIN
            IF has_rows AND (
                given IS NULL AND carried IS NULL OR cardinality(declared) > 0 AND given <> ALL (declared)
            ) THEN
                RAISE EXCEPTION 'it is not known which group the leases, checkpoints and failed events of this database are of'
                    USING ERRCODE = 'PF003', DETAIL = array_to_string(declared, ',');
            END IF;
            IF has_rows AND carried IS NULL THEN
                carried := given;
            END IF;
            -- The default is what a program of the release before, which names no group, writes: the carried group; or, where
            -- there is none, what every table refuses.
            FOREACH name IN ARRAY ARRAY['leases', 'checkpoints', 'failed_events', 'failure_revisions', 'workers'] LOOP
                EXECUTE format(
                    'ALTER TABLE perch.%I ADD COLUMN group_name text NOT NULL DEFAULT %L', name, coalesce(carried, '')
                );
            END LOOP;
            -- Null: of a topic, and of no group.
            EXECUTE format('ALTER TABLE perch.operations ADD COLUMN group_name text DEFAULT %L', coalesce(carried, ''));
            IF carried IS NOT NULL THEN
                INSERT INTO perch.groups (group_name, is_carried) VALUES (carried, true);
                -- That ON CONFLICT of the release before finds what it names.
                CREATE UNIQUE INDEX subscriptions_before_groups ON perch.subscriptions (topic);
                CREATE UNIQUE INDEX failed_events_before_groups ON perch.failed_events (topic, partition, position);
                CREATE UNIQUE INDEX failure_revisions_before_groups ON perch.failure_revisions (topic, partition);
            END IF;
        END $$;

        ALTER TABLE perch.leases DROP CONSTRAINT leases_pkey, ADD PRIMARY KEY (group_name, topic, partition);
        ALTER TABLE perch.checkpoints DROP CONSTRAINT checkpoints_pkey, ADD PRIMARY KEY (group_name, topic, partition);
        ALTER TABLE perch.failure_revisions
            DROP CONSTRAINT failure_revisions_pkey, ADD PRIMARY KEY (group_name, topic, partition);
        ALTER TABLE perch.subscriptions DROP CONSTRAINT subscriptions_pkey, ADD PRIMARY KEY (group_name, topic);
        ALTER TABLE perch.failed_events DROP CONSTRAINT failed_events_topic_partition_position_key,
            ADD CONSTRAINT failed_events_group_name_topic_partition_position_key
            UNIQUE (group_name, topic, partition, position);
        DROP INDEX perch.failed_events_by_key;
        CREATE INDEX failed_events_by_key ON perch.failed_events (group_name, topic, partition, subject, position);

        -- Until when the worker lives, and with it its leases: written by each heartbeat. Null: a worker of the release before,
        -- each of whose leases has its own expires_at.
        ALTER TABLE perch.workers ADD COLUMN expires_at timestamptz;
        """#

    private static let groupFunctions = #"""
        -- The partitions that a group has nothing to read in for now, so that they are nobody's share. Either the present layout
        -- does not have them; or they have keys whose earlier events the group has yet to read again in another partition.
        CREATE FUNCTION perch.idle_partitions(of_group text) RETURNS TABLE (topic text, partition int)
        LANGUAGE sql STABLE AS $$
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

        -- One of them. For several ask idle_partitions once.
        CREATE FUNCTION perch.lies_idle(of_group text, of_topic text, of_partition int) RETURNS boolean
        LANGUAGE sql STABLE AS $$
            SELECT EXISTS (
                SELECT FROM perch.idle_partitions(of_group) i WHERE i.topic = of_topic AND i.partition = of_partition
            )
        $$;

        -- The fence. That no row matches is an error, so that a COMMIT pipelined behind it fails.
        CREATE FUNCTION perch.advance_checkpoint(
            of_group text, of_topic text, of_partition int, under_epoch bigint, from_position bigint, to_position bigint,
            to_entry text
        ) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
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

        -- The fence of a transaction that moves no checkpoint.
        CREATE FUNCTION perch.confirm_epoch(of_group text, of_topic text, of_partition int, under_epoch bigint)
        RETURNS void LANGUAGE plpgsql VOLATILE AS $$
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
        """#
}
