extension Migration {
    /// A row of the outbox is settled where it lies, and has a sequence that relays take.
    static let outboxPlaces = #"""
        -- As the one of three arguments, which relays of the release before go on to call, but a row is known by the whole of
        -- its key. Rows of several partitions may have one sequence, for whoever inserts can give it. And a change of
        -- partitions may have placed a row anew since it was looked at: what was found then says nothing of where it is now.
        -- A row without a reason is in order. It tells how many of those there were, and which of the others it has moved, as
        -- places in the lists.
        CREATE FUNCTION perch.settle_checked(
            of_topics text[], of_partitions int[], of_sequences bigint[], of_reasons text[],
            OUT passed bigint, OUT refused bigint[]
        ) LANGUAGE plpgsql VOLATILE AS $$
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

        -- Positions are given to what lies below the greatest sequence: a row that has it would wait for ever.
        ALTER TABLE perch.outbox
            ADD CONSTRAINT outbox_sequence_range CHECK (sequence < 9223372036854775807) NOT VALID;
        UPDATE perch.outbox SET sequence = DEFAULT WHERE sequence = 9223372036854775807;
        """#
}
