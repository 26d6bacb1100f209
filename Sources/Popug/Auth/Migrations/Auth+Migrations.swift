public import Perch
import ServiceKit

extension Auth {
    /// The schema `auth`. A migration that was released is never changed; what changes the schema is a new one at the end.
    public static let migrations = [
        Migration(version: 1, name: "users", sql: users),
        Migration(version: 2, name: "sessions", sql: sessions),
        Migration(version: 3, name: "emails", sql: emails),
        Migration(version: 4, name: "accounts", sql: accounts),
        Migration(version: 5, name: "known addresses", sql: knownAddresses),
        Migration(version: 6, name: "provider", sql: provider),
        Migration(version: 7, name: "ends of logins", sql: ends),
    ]

    /// The SQL that gives a role what the service needs in schema `auth`.
    public static func grants(to role: String) -> String {
        let role = DatabaseRole.quoted(role)
        return """
            GRANT USAGE ON SCHEMA auth TO \(role);
            GRANT EXECUTE ON FUNCTION auth.email_key(text), auth.login_subject(text) TO \(role);
            GRANT SELECT, INSERT, UPDATE (password_hash, password_version, disabled_at) ON auth.users TO \(role);
            GRANT SELECT, INSERT, DELETE ON auth.signing_keys TO \(role);
            GRANT SELECT, INSERT, DELETE,
                UPDATE (ended_at, end_reason, family_hash, token_hash, refresh_level, refreshed_at)
                ON auth.sessions TO \(role);
            GRANT SELECT, INSERT, UPDATE (used_at) ON auth.refresh_tokens TO \(role);
            GRANT SELECT, INSERT, UPDATE, DELETE ON auth.login_failures TO \(role);
            GRANT SELECT ON auth.login_key TO \(role);
            GRANT SELECT, INSERT, UPDATE (last_login_at), DELETE ON auth.known_addresses TO \(role);
            \(providerGrants(to: role))
            """
    }

    private static let users = #"""
        CREATE SCHEMA auth;
        CREATE TABLE auth.users (
            user_id uuid PRIMARY KEY,
            name text NOT NULL CHECK (name <> ''),
            email text NOT NULL CHECK (email <> ''),
            role text NOT NULL CHECK (role IN ('employee', 'manager', 'accountant', 'admin')),
            -- A PHC string: the algorithm, its parameters, the salt and the hash. Never the password.
            password_hash text NOT NULL CHECK (password_hash LIKE '$%'),
            created_at timestamptz NOT NULL
        );
        CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email));
        """#

    private static let sessions = #"""
        -- The key pairs that sign access tokens. Whoever reads a private key can be anybody: no other role than the service's
        -- has a right here.
        CREATE TABLE auth.signing_keys (
            -- The thumbprint of the public key: the kid of its tokens.
            key_id text PRIMARY KEY,
            private_key bytea NOT NULL CHECK (length(private_key) = 32),
            published_from timestamptz NOT NULL,
            -- Until the next key does.
            signs_from timestamptz NOT NULL CHECK (signs_from >= published_from)
        );

        -- One row a login. Its refresh tokens are a family: each was given for the one before.
        CREATE TABLE auth.sessions (
            session_id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES auth.users,
            began_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            end_reason text CHECK (end_reason IN ('revoked', 'reuse')),
            CHECK ((ended_at IS NULL) = (end_reason IS NULL))
        );
        CREATE INDEX sessions_expires_at ON auth.sessions (expires_at);
        CREATE INDEX sessions_user_id ON auth.sessions (user_id);

        CREATE TABLE auth.refresh_tokens (
            -- SHA-256. Never the token.
            token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
            session_id uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
            issued_at timestamptz NOT NULL,
            -- Null for one token of a session at the most: the one that continues it.
            used_at timestamptz
        );
        CREATE UNIQUE INDEX refresh_tokens_unused ON auth.refresh_tokens (session_id) WHERE used_at IS NULL;
        CREATE INDEX refresh_tokens_session_id ON auth.refresh_tokens (session_id);

        -- How often logins have failed of late, by account and by address.
        CREATE TABLE auth.login_failures (
            -- SHA-256 of what it counts for: in the place of an email people type passwords.
            subject bytea PRIMARY KEY CHECK (length(subject) = 32),
            level double precision NOT NULL CHECK (level >= 0),
            at timestamptz NOT NULL,
            forgotten_at timestamptz NOT NULL
        );
        CREATE INDEX login_failures_forgotten_at ON auth.login_failures (forgotten_at);
        """#
}
