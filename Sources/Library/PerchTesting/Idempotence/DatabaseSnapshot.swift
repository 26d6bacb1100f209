import Postgres

/// All that is in a service's own tables, and what it has published.
struct DatabaseSnapshot {
    /// A row, by column: each value as a text.
    typealias Row = [String: String?]

    struct Table {
        /// `schema.table`, or `published`.
        let name: String
        /// Of its primary key; empty: it has none.
        var key: [String]
        /// Filled by the server: by a sequence, a clock, or at random; and what refers to such a column.
        var drawn: Set<String>
        var rows: [Row]
    }

    /// By name.
    let tables: [Table]

    /// - Parameter catalog: As `catalog(_:)` gives it: looked up once, for tables come by migrations only.
    init(_ connection: PostgresConnection, of catalog: [Table]) throws {
        var tables = catalog
        for index in tables.indices {
            let (schema, name) = try Self.parts(tables[index].name)
            tables[index].rows = try connection.query(
                """
                SELECT coalesce((SELECT array_agg(e.key ORDER BY e.key) FROM jsonb_each_text(to_jsonb(t)) e), '{}'),
                    coalesce((SELECT array_agg(e.value ORDER BY e.key) FROM jsonb_each_text(to_jsonb(t)) e), '{}')
                FROM \(identifier: schema).\(identifier: name) AS t
                """,
                Self.row
            )
        }
        tables.append(try Self.published(connection))
        self.tables = tables
    }

    /// The service's own tables, without rows.
    static func catalog(_ connection: PostgresConnection) throws -> [Table] {
        try connection.query(
            """
            WITH tables AS (
                SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema'
                    AND n.nspname <> 'perch' AND n.nspname NOT LIKE 'pg\\_%'
            ), columns AS (
                SELECT a.attrelid, a.attnum, a.attname::text AS name,
                    a.attidentity <> '' OR coalesce(
                        -- A literal has its own quotes twice: what is in one is no call.
                        regexp_replace(pg_get_expr(d.adbin, d.adrelid), '''[^'']*''', '', 'g') ~* \(Self.draws), false
                    ) AS is_drawn
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid IN (SELECT oid FROM tables) AND a.attnum > 0 AND NOT a.attisdropped
            )
            SELECT c.name,
                coalesce((
                    SELECT array_agg(k.name) FROM pg_index i JOIN columns k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                    WHERE i.indrelid = c.oid AND i.indisprimary
                ), '{}'),
                coalesce((
                    SELECT array_agg(k.name) FROM columns k WHERE k.attrelid = c.oid AND (k.is_drawn OR EXISTS (
                        SELECT FROM pg_constraint f
                        CROSS JOIN unnest(f.conkey, f.confkey) AS pair (here, there)
                        JOIN columns o ON o.attrelid = f.confrelid AND o.attnum = pair.there AND o.is_drawn
                        WHERE f.contype = 'f' AND f.conrelid = c.oid AND pair.here = k.attnum
                    ))
                ), '{}')
            FROM tables c
            ORDER BY 1
            """
        ) { row in
            Table(
                name: try row.decode(0, as: String.self),
                key: try row.decode(1, as: [String].self),
                drawn: Set(try row.decode(2, as: [String].self)),
                rows: []
            )
        }
    }

    /// Defaults that draw: calls, and not words in the text of a value.
    private static let draws = #"""
        \m(nextval|now|clock_timestamp|statement_timestamp|random|gen_random_uuid|uuid_generate_[a-z0-9]+)\(|\m(CURRENT|LOCAL)_?(TIME|TIMESTAMP|DATE)\M
        """#

    /// What stands in the outbox, and what is delayed, with the place of each event among those of its key.
    private static func published(_ connection: PostgresConnection) throws -> Table {
        let rows = try connection.query(
            """
            SELECT (SELECT array_agg(e.key ORDER BY e.key) FROM jsonb_each_text(p.fields) e),
                (SELECT array_agg(e.value ORDER BY e.key) FROM jsonb_each_text(p.fields) e)
            FROM (
                SELECT jsonb_build_object('topic', topic, 'type', type, 'version', version, 'key', key,
                        'event_id', event_id, 'time', time, 'traceparent', traceparent,
                        'not_before', due_at,
                        'place', row_number() OVER (PARTITION BY topic, key ORDER BY due_at NULLS FIRST, sequence))
                    || (SELECT coalesce(jsonb_object_agg('data.' || f.key, f.value), '{}')
                        FROM jsonb_each(data::jsonb) AS f) AS fields
                FROM (
                    SELECT topic, type, version, key, event_id, time, traceparent, data, sequence, NULL::timestamptz AS due_at
                    FROM perch.outbox
                    UNION ALL
                    SELECT topic, type, version, key, event_id, due_at, traceparent, data, sequence, due_at
                    FROM perch.delayed_events
                ) AS e
            ) AS p
            """,
            Self.row
        )
        return Table(name: "published", key: ["topic", "key", "place"], drawn: [], rows: rows)
    }

    private static func row(_ row: borrowing Postgres.Row) throws -> Row {
        let names = try row.decode(0, as: [String].self)
        let values = try row.decode(1, as: [String?].self)
        return Dictionary(zip(names, values)) { $1 }
    }

    private static func parts(_ name: String) throws -> (schema: String, table: String) {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
}
