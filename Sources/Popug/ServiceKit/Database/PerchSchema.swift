/// What a service's role may do in schema `perch`: publish, relay, work. No DDL, and no change of what is recorded for good.
public enum PerchSchema {
    /// The SQL of the grants. Running it again changes nothing.
    ///
    /// - Parameter role: An existing role; it is quoted.
    public static func grants(to role: String) -> String {
        let role = DatabaseRole.quoted(role)
        return """
            GRANT USAGE ON SCHEMA perch TO \(role);
            GRANT SELECT ON ALL TABLES IN SCHEMA perch TO \(role);
            -- Publishing: the outbox is inserted into. Relay: its rows move into the log, which only grows, or to those refused.
            GRANT INSERT, DELETE, UPDATE (is_checked) ON perch.outbox TO \(role);
            -- Delayed events are inserted, cancelled, and moved into the outbox when they are due. To lock a row is a right to change it.
            GRANT INSERT, DELETE, UPDATE (is_checked) ON perch.delayed_events TO \(role);
            GRANT INSERT, DELETE ON perch.refused_events TO \(role);
            GRANT INSERT ON perch.log, perch.foreign_entries TO \(role);
            GRANT INSERT, UPDATE ON perch.foreign_totals TO \(role);
            GRANT UPDATE (last_position, last_milliseconds, trimmed_position) ON perch.partitions TO \(role);
            -- What the archive of its topic no longer keeps leaves the log, and nothing else does.
            GRANT EXECUTE ON FUNCTION perch.drop_archived(text, int, bigint, bigint) TO \(role);
            -- That it runs, and where.
            GRANT INSERT, UPDATE, DELETE ON perch.relays TO \(role);
            -- Working: leases, checkpoints, heartbeats, and what could not be processed.
            GRANT INSERT, UPDATE ON perch.leases, perch.checkpoints TO \(role);
            GRANT INSERT, UPDATE, DELETE ON perch.workers, perch.failed_events TO \(role);
            GRANT INSERT, UPDATE ON perch.subscriptions TO \(role);
            GRANT INSERT, UPDATE ON perch.limits, perch.limit_slots TO \(role);
            GRANT INSERT, UPDATE ON perch.failure_revisions TO \(role);
            GRANT EXECUTE ON FUNCTION perch.admit_group(text, interval) TO \(role);
            -- Schedules: which ticks are done. Operators have one forgotten.
            GRANT INSERT, UPDATE, DELETE ON perch.schedules TO \(role);
            -- Operating: what is recorded of it, and of changes of a topic's partitions, is never changed.
            GRANT INSERT ON perch.operations, perch.layouts TO \(role);
            """
    }
}
