extension WebSessions {
    /// The SQL of a migration that makes the tables in a service's schema.
    package static func tables(in schema: String) -> String {
        let schema = DatabaseRole.quoted(schema)
        return #"""
            -- Who is logged in at the pages: a row for each browser. Nothing in it opens anything.
            CREATE TABLE \#(schema).web_sessions (
                -- SHA-256 of the number in the cookie, as base64url. Never the number.
                session_id text PRIMARY KEY,
                -- As auth said, when it was last asked.
                user_id text NOT NULL,
                name text NOT NULL,
                roles text[] NOT NULL,
                -- The login at auth, which ends this one when it ends.
                issuer_session text,
                -- What auth said, word for word, so that it need not ask whether to log out. No program takes it for a login.
                id_token text,
                began_at timestamptz NOT NULL,
                seen_at timestamptz NOT NULL,
                checked_at timestamptz NOT NULL,
                -- When auth last could not say.
                not_checked_at timestamptz,
                -- What the next page says on top, once.
                message text CHECK (length(message) <= 1000)
            );
            CREATE INDEX web_sessions_of_user ON \#(schema).web_sessions (user_id);
            CREATE INDEX web_sessions_of_issuer ON \#(schema).web_sessions (issuer_session);
            CREATE INDEX web_sessions_by_use ON \#(schema).web_sessions (seen_at);
            CREATE INDEX web_sessions_by_age ON \#(schema).web_sessions (began_at);

            -- Who has logged out at auth in the last minutes, and by which token: a login that is under way then is not taken, and a
            -- token serves once.
            CREATE TABLE \#(schema).web_logouts (
                name text PRIMARY KEY,
                at timestamptz NOT NULL
            );
            CREATE INDEX web_logouts_by_time ON \#(schema).web_logouts (at);
            """#
    }

    /// The SQL that gives a role what it needs of them.
    package static func grants(in schema: String, to role: String) -> String {
        let (schema, role) = (DatabaseRole.quoted(schema), DatabaseRole.quoted(role))
        return "GRANT SELECT, INSERT, UPDATE, DELETE ON \(schema).web_sessions, \(schema).web_logouts TO \(role);"
    }
}
