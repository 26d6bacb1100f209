import Foundation
import LocalServers
import Testing

/// The commands of `popug auth`, as an operator types them.
@Suite struct AuthCommandTests {
    private static let streams = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("streams").path

    /// Runs a line of the shell in which `popug` is the program.
    private func run(_ line: String, on url: String) throws -> (exit: ProcessExit?, output: String) {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("auth-\(UUID().uuidString).log").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = try LocalProcess(
            "/bin/sh",
            ["-c", "popug() { \"$0\" \"$@\"; }; \(line)", try PopugSystem.executable()],
            environment: ["AUTH_DATABASE_URL": url, "STREAMS_DIR": Self.streams, "PASSWORD_COST": "10"],
            log: log
        )
        let exit = process.wait(seconds: 600)
        return (exit, String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self))
    }

    @Test func accountsAreDisabledEnabledAndGivenPasswordsByCommand() async throws {
        let postgres = try LocalPostgres.shared()
        let url = try postgres.createDatabase()
        let database = String(url.split(separator: "/").last ?? "")
        func state() throws -> String {
            try postgres.psql(
                """
                SELECT disabled_at IS NULL, password_version,
                    (SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL) FROM auth.users
                """,
                database: database
            ).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        func beginSession() throws {
            _ = try postgres.psql(
                """
                INSERT INTO auth.sessions (session_id, user_id, began_at, expires_at)
                SELECT gen_random_uuid(), user_id, now(), now() + interval '1 day' FROM auth.users
                """,
                database: database
            )
        }
        func succeed(_ line: String) throws -> String {
            let (exit, output) = try run(line, on: url)
            #expect(exit == .status(0), "\(line): \(output)")
            return output
        }
        _ = try succeed("popug auth migrate")
        _ = try succeed(
            "echo 'correct horse' | popug auth add-user --name Ann --email ann@x.org --role admin --password-stdin"
        )
        try beginSession()
        #expect(try state() == "t|0|1")
        for _ in 0..<2 {
            #expect(try succeed("popug auth disable-user --email ANN@x.org").contains("\"disabled_at\""))
            #expect(try state() == "f|0|0")
        }
        let id = try postgres.psql("SELECT user_id FROM auth.users", database: database)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try !succeed("popug auth enable-user --user-id \(id)").contains("disabled_at"))
        try beginSession()
        #expect(try succeed("popug auth end-sessions --email ann@x.org") == "sessions ended: 1\n")
        try beginSession()
        let set = "popug auth set-password --email ann@x.org"
        #expect(try succeed("echo 'battery staple' | \(set) --password-stdin") == "password set; sessions ended: 1\n")
        #expect(try state() == "t|1|0")

        for (line, reason) in [
            ("echo 'battery staple' | \(set)", "--password-stdin"),
            ("\(set) --password-stdin </dev/null", "got nothing"),
            ("echo 12345678 | \(set) --password-stdin", "tried first"),
            ("popug auth disable-user", "--user-id"),
            ("popug auth disable-user --email a@b --user-id \(id)", "not both"),
            ("popug auth enable-user --user-id x", "expected a UUID"),
            ("popug auth end-sessions --email nobody@x.org", "there is no user nobody@x.org"),
        ] {
            let (exit, output) = try run(line, on: url)
            #expect(exit != .status(0) && output.contains(reason), "\(line): \(output)")
            #expect(!output.contains("battery staple"))
        }
        for command in ["disable-user", "enable-user", "end-sessions", "set-password"] {
            let help = try succeed("popug auth \(command) --help")
            #expect(help.contains("EXAMPLE") && help.contains("popug auth \(command) --"), "\(help)")
        }
        #expect(try state() == "t|1|0")
    }
}
