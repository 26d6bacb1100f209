extension Auth {
    /// Logins of browsers, for programs that trust auth.
    static let provider = #"""
        -- What forms of pages are made with, so that each process knows those of the others.
        CREATE TABLE auth.page_key (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            key bytea NOT NULL CHECK (length(key) = 32)
        );
        INSERT INTO auth.page_key (key)
            VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

        -- One row for each login in a browser: what its cookie stands for, and what clients know as sid.
        CREATE TABLE auth.sso_sessions (
            session_id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES auth.users,
            -- SHA-256. Never the cookie.
            cookie_hash bytea NOT NULL CHECK (length(cookie_hash) = 32),
            -- When the password was typed.
            began_at timestamptz NOT NULL,
            last_used_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            user_agent text NOT NULL CHECK (length(user_agent) <= 512),
            -- What its next page says on top, once.
            message text CHECK (length(message) <= 1000),
            ended_at timestamptz,
            end_reason text CHECK (end_reason IN ('revoked', 'reuse', 'disabled', 'password', 'ended', 'replaced')),
            CHECK ((ended_at IS NULL) = (end_reason IS NULL))
        );
        CREATE UNIQUE INDEX sso_sessions_cookie_hash ON auth.sso_sessions (cookie_hash);
        CREATE INDEX sso_sessions_of_user ON auth.sso_sessions (user_id, session_id);
        CREATE INDEX sso_sessions_expires_at ON auth.sso_sessions (expires_at);

        -- The clients that were told who has the session.
        CREATE TABLE auth.sso_clients (
            session_id uuid NOT NULL REFERENCES auth.sso_sessions ON DELETE CASCADE,
            client_id text NOT NULL,
            -- When it has answered that it knows of the end. Null: not yet, or it could not be told.
            told_at timestamptz,
            PRIMARY KEY (session_id, client_id)
        );

        -- Logins that have been asked for, for as long as a slow person needs.
        CREATE TABLE auth.logins (
            login_id uuid PRIMARY KEY,
            -- SHA-256 of the cookie of the browser that asked.
            browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
            -- Null: for a page of auth itself.
            client_id text,
            -- Where to afterwards: an address of the client, or a path of auth.
            redirect_uri text NOT NULL,
            state text,
            nonce text,
            challenge text,
            wants_email boolean NOT NULL,
            expires_at timestamptz NOT NULL,
            CHECK ((client_id IS NULL) = (challenge IS NULL))
        );
        CREATE INDEX logins_expires_at ON auth.logins (expires_at);

        -- Each is given back once, for the word of who has logged in.
        CREATE TABLE auth.codes (
            -- SHA-256. Never the code.
            code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
            client_id text NOT NULL,
            redirect_uri text NOT NULL,
            challenge text NOT NULL,
            nonce text,
            wants_email boolean NOT NULL,
            sso_session_id uuid NOT NULL REFERENCES auth.sso_sessions ON DELETE CASCADE,
            auth_time timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            -- Whether the use gave what a second use ends.
            gave boolean NOT NULL DEFAULT false,
            -- The session of tokens that it gave, where it gave one.
            session_id uuid REFERENCES auth.sessions ON DELETE SET NULL
        );
        CREATE INDEX codes_expires_at ON auth.codes (expires_at);
        CREATE INDEX codes_sso_session_id ON auth.codes (sso_session_id);
        CREATE INDEX codes_session_id ON auth.codes (session_id);

        ALTER TABLE auth.sessions
            -- The client that its refresh tokens are for. Null: whoever has them.
            ADD COLUMN client_id text,
            -- The login that it ends with. Null: none.
            ADD COLUMN sso_session_id uuid REFERENCES auth.sso_sessions ON DELETE SET NULL;
        CREATE INDEX sessions_sso_session_id ON auth.sessions (sso_session_id);
        """#

    /// What a role needs for it.
    static func providerGrants(to role: String) -> String {
        """
        GRANT SELECT ON auth.page_key TO \(role);
        GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at, user_agent, message, ended_at, end_reason)
            ON auth.sso_sessions TO \(role);
        GRANT SELECT, INSERT, UPDATE (told_at, due_at, tries), DELETE ON auth.sso_clients TO \(role);
        GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON auth.logins TO \(role);
        GRANT SELECT, INSERT, DELETE, UPDATE (used_at, gave, session_id) ON auth.codes TO \(role);
        """
    }
}
