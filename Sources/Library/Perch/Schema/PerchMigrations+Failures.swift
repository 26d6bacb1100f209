extension Migration {
    /// Failures that keep the order of their key.
    static let failedKeys = #"""
        ALTER TABLE perch.failed_events
            ADD COLUMN source text NOT NULL DEFAULT '',
            ADD COLUMN traceparent text,
            -- Of a failed event; null: due now.
            ADD COLUMN next_attempt_at timestamptz,
            ADD COLUMN last_attempt_at timestamptz,
            -- How often it found that what it needs is not there yet: no attempts.
            ADD COLUMN waits int NOT NULL DEFAULT 0,
            -- Where an operator has corrected the payload: what it was.
            ADD COLUMN original_payload bytea;
        ALTER TABLE perch.failed_events ALTER COLUMN attempts SET DEFAULT 0;
        CREATE INDEX failed_events_by_key ON perch.failed_events (topic, partition, subject, position);

        -- Tells the owner of a partition that an operator has changed its failed events. Written by operators only, so that
        -- revisions are committed in their order.
        CREATE TABLE perch.failure_revisions (
            topic text NOT NULL,
            partition int NOT NULL,
            revision bigint NOT NULL,
            PRIMARY KEY (topic, partition)
        ) WITH (fillfactor = 50);

        -- After an unclean takeover: which events past the checkpoint were attempted last, counted before their handlers ran,
        -- and how often that was.
        ALTER TABLE perch.checkpoints
            ADD COLUMN attempted_from bigint NOT NULL DEFAULT 0,
            ADD COLUMN attempted_to bigint NOT NULL DEFAULT 0,
            ADD COLUMN attempts int NOT NULL DEFAULT 0;

        -- The fence of a transaction that moves no checkpoint. That the epoch is another one is an error, so that a COMMIT
        -- pipelined behind it fails.
        CREATE FUNCTION perch.confirm_epoch(of_topic text, of_partition int, under_epoch bigint)
        RETURNS void LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM FROM perch.checkpoints c
            WHERE c.topic = of_topic AND c.partition = of_partition AND c.epoch = under_epoch
            FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the checkpoint of %:% is no longer of epoch %', of_topic, of_partition, under_epoch
                    USING ERRCODE = 'PF001', DETAIL = of_topic || ':' || of_partition;
            END IF;
        END $$;
        """#
}
