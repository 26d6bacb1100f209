extension Auth {
    /// One form for all ways to write an email.
    static let emails = #"""
        -- The form by which emails are compared. Also of what has been typed into a login: it may be anything.
        CREATE FUNCTION auth.email_key(email text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN normalize(lower(normalize(email, NFKC)), NFKC);

        -- Which of two users keeps the email nobody but the operator can say.
        DO $$
        DECLARE same text;
        BEGIN
            SELECT string_agg(users, '; ') INTO same FROM (
                SELECT string_agg(user_id || ' ' || to_json(email), ' and ' ORDER BY created_at) AS users FROM auth.users
                GROUP BY auth.email_key(email) HAVING count(*) > 1 ORDER BY min(created_at) LIMIT 20
            ) AS found;
            IF same IS NOT NULL THEN
                RAISE EXCEPTION 'users have the same email, written in different ways: %', same
                    USING ERRCODE = 'unique_violation', HINT =
                        'Give all but one of them another email, as the owner of the schema, and migrate again: '
                        'UPDATE auth.users SET email = ... WHERE user_id = ...';
            END IF;
        END $$;

        -- The index of before stays: processes of the version before add users by it.
        CREATE UNIQUE INDEX users_email_form ON auth.users (auth.email_key(email));
        """#

    /// Users who are kept out, passwords that change, sessions of one row.
    static let accounts = #"""
        ALTER TABLE auth.users
            ADD COLUMN disabled_at timestamptz,
            -- Counts the changes of the password, not its being hashed anew.
            ADD COLUMN password_version integer NOT NULL DEFAULT 0,
            -- log2 of scrypt's N.
            ADD COLUMN password_cost integer
                GENERATED ALWAYS AS (substring(password_hash FROM '^\$scrypt\$ln=([0-9]{1,2}),')::integer) STORED;
        CREATE INDEX users_password_cost ON auth.users (password_cost);

        -- All refresh tokens of a session begin with the same secret, its family. A token of the family that is not the last
        -- was used before: no row of its own is needed to tell.
        ALTER TABLE auth.sessions
            DROP CONSTRAINT sessions_end_reason_check,
            ADD CONSTRAINT sessions_end_reason_check
                CHECK (end_reason IN ('revoked', 'reuse', 'disabled', 'password', 'ended')),
            -- SHA-256 of both, never themselves. Null in a session of the version before that has not been continued since.
            ADD COLUMN family_hash bytea CHECK (length(family_hash) = 32),
            ADD COLUMN token_hash bytea CHECK (length(token_hash) = 32),
            ADD CONSTRAINT sessions_tokens_check CHECK ((family_hash IS NULL) = (token_hash IS NULL)),
            -- How often it has been continued of late.
            ADD COLUMN refresh_level double precision NOT NULL DEFAULT 0 CHECK (refresh_level >= 0),
            ADD COLUMN refreshed_at timestamptz;
        CREATE UNIQUE INDEX sessions_family_hash ON auth.sessions (family_hash);
        -- A user's sessions, the newest first: ids of version 7 are in the order of their making.
        CREATE INDEX sessions_of_user ON auth.sessions (user_id, session_id);
        DROP INDEX auth.sessions_user_id;
        COMMENT ON TABLE auth.refresh_tokens IS
            'Of sessions that began before version 4 of this schema. Nothing is added any more.';
        """#

    /// From where accounts have logged in.
    static let knownAddresses = #"""
        -- What subjects of logins are hashed with: without it the hash of an address is found by trying all of them.
        CREATE TABLE auth.login_key (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            key bytea NOT NULL CHECK (length(key) = 32)
        );
        INSERT INTO auth.login_key (key)
            VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
        CREATE FUNCTION auth.login_subject(subject text) RETURNS bytea LANGUAGE sql STABLE STRICT
            RETURN (SELECT sha256(key || sha256(key || convert_to(subject, 'UTF8'))) FROM auth.login_key);

        CREATE TABLE auth.known_addresses (
            user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
            address bytea NOT NULL CHECK (length(address) = 32),
            last_login_at timestamptz NOT NULL,
            PRIMARY KEY (user_id, address)
        );
        CREATE INDEX known_addresses_last_login_at ON auth.known_addresses (last_login_at);
        -- Counts of before were hashed without a key: they count for nothing any more.
        DELETE FROM auth.login_failures;
        """#
}
