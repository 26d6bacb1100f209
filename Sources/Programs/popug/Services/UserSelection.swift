import ArgumentParser
import Auth
import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// The user whom a command is about.
struct UserSelection: ParsableArguments {
    @Option(help: "The user's email.") var email: String?
    @Option(help: "The user's id.") var userID: String?

    func validate() throws {
        guard (email == nil) != (userID == nil) else {
            throw ValidationError("say who it is: --email ann@example.com, or --user-id and the id; not both")
        }
        guard userID.map({ UUID(uuidString: $0) != nil }) ?? true else {
            throw ValidationError("--user-id: expected a UUID, got `\(userID ?? "")`")
        }
    }

    /// - Throws: `ValidationError` where there is no such user.
    func find(_ users: Users, in database: Database) async throws -> User {
        let found =
            if let id = userID.flatMap(UUID.init(uuidString:)) {
                try await users.user(id, in: database)
            } else {
                try await users.user(email: email ?? "", in: database)
            }
        guard let found else { throw ValidationError("there is no user \(email ?? userID ?? "")") }
        return found
    }
}

extension User {
    /// For people and programs: JSON, and no password.
    var shown: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            var members = ["user_id": userID.text, "name": name, "email": email, "role": role.rawValue]
            members["disabled_at"] = disabledAt.map { "\($0)" }
            return TerminalText.json(String(decoding: try encoder.encode(members), as: UTF8.self))
        }
    }
}

/// The password of a command: the first line of standard input, for what stands in a command others can read.
struct PasswordInput: ParsableArguments {
    @Flag(help: "Read the password from standard input; there is no other way to give one.") var passwordStdin = false

    func validate() throws {
        guard passwordStdin else {
            throw ValidationError("give the password on standard input and say so with --password-stdin")
        }
    }

    func read() throws -> String {
        guard let password = readLine(strippingNewline: true), !password.isEmpty else {
            throw ValidationError("expected the password as a line of standard input, got nothing")
        }
        return password
    }
}

extension ServiceOptions {
    /// Lends the users of auth, for a command.
    func withUsers<R: Sendable>(_ body: (Users, Database) async throws -> R) async throws -> R {
        let settings = try settings()
        let database = Database(
            try settings.require(Auth.service.databaseSetting),
            contract: try settings.contract(),
            size: 1
        )
        let users = Users(hasher: PasswordHasher(cost: try settings.require(.passwordCost)))
        do {
            let result = try await body(users, database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }
}
