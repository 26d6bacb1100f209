extension Migration {
    static let discards = #"""
        -- Which event an operator gave up, by its id: `perch trace` asks that of each group. And what let events be handled
        -- again since, which are few.
        CREATE INDEX operations_discarded ON perch.operations ((details->'event'->>'event_id'))
            WHERE action = 'discard_failed';
        CREATE INDEX operations_replayed ON perch.operations (id)
            WHERE action IN ('replay', 'replay selected', 'rewind');
        """#
}
