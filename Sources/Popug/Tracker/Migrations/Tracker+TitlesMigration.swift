extension Tracker {
    /// Titles to search in, beside the tickets.
    static let titles = #"""
        -- Its owner may make this one in a database that is theirs. Where it is there already, it is where it is.
        CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA tracker;

        -- The tickets' titles once more. The index is not on the tickets: each change of an assignee would write its some dozen
        -- entries anew, and a reassignment of all would take twice as long.
        CREATE TABLE tracker.titles (
            ticket_id uuid PRIMARY KEY,
            title text NOT NULL
        );

        -- Whoever makes tickets, also a program of the release before, writes their titles. By the owner's right: nobody else
        -- writes here, so the two cannot differ.
        CREATE FUNCTION tracker.keep_titles() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            INSERT INTO tracker.titles (ticket_id, title) SELECT ticket_id, title FROM added;
            RETURN NULL;
        END $$;
        -- From here on no ticket is made until this is committed.
        CREATE TRIGGER keep_titles AFTER INSERT ON tracker.tickets REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION tracker.keep_titles();
        INSERT INTO tracker.titles (ticket_id, title) SELECT ticket_id, title FROM tracker.tickets;

        DO $$ BEGIN
            EXECUTE format(
                'CREATE INDEX titles_by_letters ON tracker.titles USING gin (title %I.gin_trgm_ops)',
                (
                    SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                    WHERE e.extname = 'pg_trgm'
                )
            );
        END $$;
        ANALYZE tracker.titles;
        """#
}
