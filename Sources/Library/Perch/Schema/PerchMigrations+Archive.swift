extension Migration {
    /// Events leave the log when the archive of their topic ends.
    static let archive = #"""
        -- How long the log keeps the topic's events, as the contract says; null: for ever.
        ALTER TABLE perch.topics ADD COLUMN archive interval CHECK (archive > interval '0');

        -- Drops the oldest events of a partition that the archive no longer keeps, and answers how many. The service's own
        -- role may not delete from the log; this may, and no more than the contract has given up: what is younger, what the
        -- stream has not given up yet, and topics that are kept for ever stay whatever it is called with.
        CREATE FUNCTION perch.drop_archived(of_topic text, of_partition int, through bigint, most bigint)
        RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
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
        -- With its owner's rights, so not for everybody: `migrate` gives it to the service's own role.
        REVOKE ALL ON FUNCTION perch.drop_archived(text, int, bigint, bigint) FROM PUBLIC;
        """#
}
