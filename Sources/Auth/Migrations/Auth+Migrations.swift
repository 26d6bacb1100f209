public import Perch
import ServiceKit

extension Auth {
    /// The schema `auth`. A migration that was released is never changed; what changes the schema is a new one at the end.
    public static let migrations = [
        Migration(version: 1, name: "users", sql: users)
    ]

    /// The SQL that gives a role what the service needs in schema `auth`.
    public static func grants(to role: String) -> String {
        let role = DatabaseRole.quoted(role)
        return """
            GRANT USAGE ON SCHEMA auth TO \(role);
            GRANT SELECT, INSERT ON auth.users TO \(role);
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
}
