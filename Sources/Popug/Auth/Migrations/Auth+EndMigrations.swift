extension Auth {
    /// How the end of a login gets to those who had it.
    static let ends = #"""
        ALTER TABLE auth.sso_sessions
            DROP CONSTRAINT sso_sessions_end_reason_check,
            ADD CONSTRAINT sso_sessions_end_reason_check CHECK (end_reason IN (
                'revoked', 'reuse', 'disabled', 'password', 'ended', 'replaced', 'idle', 'expired', 'room'
            ));
        -- Those that are over by the clock are looked for each second.
        CREATE INDEX sso_sessions_open_last_used_at ON auth.sso_sessions (last_used_at) WHERE ended_at IS NULL;
        CREATE INDEX sso_sessions_open_expires_at ON auth.sso_sessions (expires_at) WHERE ended_at IS NULL;

        ALTER TABLE auth.sso_clients
            -- When the client is told next that what it had has ended. Null: there is nothing to tell.
            ADD COLUMN due_at timestamptz,
            -- How often it has been told, and did not take it.
            ADD COLUMN tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0);
        CREATE INDEX sso_clients_due_at ON auth.sso_clients (tries, due_at) WHERE due_at IS NOT NULL;

        -- The login of these went to make room for others, and they stayed.
        UPDATE auth.sessions SET ended_at = now(), end_reason = 'revoked'
        WHERE client_id IS NOT NULL AND sso_session_id IS NULL AND ended_at IS NULL;
        -- None stays any more.
        ALTER TABLE auth.sessions
            DROP CONSTRAINT sessions_sso_session_id_fkey,
            ADD CONSTRAINT sessions_sso_session_id_fkey FOREIGN KEY (sso_session_id)
                REFERENCES auth.sso_sessions ON DELETE CASCADE;

        -- A browser's own, the newest first.
        CREATE INDEX logins_of_browser ON auth.logins (browser_hash, login_id);
        """#
}
