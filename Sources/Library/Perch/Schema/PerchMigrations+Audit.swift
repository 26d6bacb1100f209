extension Migration {
    static let audit = #"""
        -- What operators have done, the newest first, from wherever somebody reads on.
        CREATE INDEX operations_at ON perch.operations (at, id);
        -- Which events operators have published, by topic and id: none is published twice.
        CREATE UNIQUE INDEX operations_published ON perch.operations (target) WHERE action = 'publish';
        """#
}
