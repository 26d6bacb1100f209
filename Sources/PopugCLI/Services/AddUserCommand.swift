public import ArgumentParser
import Auth
import Foundation
import Perch
public import PopugEvents
import Postgres
import ServiceKit

struct AddUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-user",
        abstract: "Add a user, and tell the other services of it.",
        discussion: """
            Prints the user as JSON. The password is the first line of standard input.

            EXAMPLE
              echo "$PASSWORD" | popug auth add-user --name Ann --email ann@example.com --role admin --password-stdin
            """
    )

    @OptionGroup var options: ServiceOptions
    @Option(help: "What the user is called.") var name: String
    @Option(help: "Where mail reaches the user; no two users have the same.") var email: String
    @Option(help: "employee, manager, accountant or admin.") var role: Role
    @Flag(help: "Read the password from standard input; there is no other way to give one.") var passwordStdin = false

    func validate() throws {
        guard passwordStdin else {
            throw ValidationError("give the password on standard input and say so with --password-stdin")
        }
    }

    func run() async throws {
        guard let password = readLine(strippingNewline: true), !password.isEmpty else {
            throw ValidationError("expected the password as a line of standard input, got nothing")
        }
        let settings = try options.settings()
        let database = Database(
            try settings.require(.databaseURL(of: "auth")),
            contract: try settings.contract(),
            size: 1
        )
        let users = Users(hasher: PasswordHasher(cost: try settings.require(.passwordCost)))
        let user = try await users.add(name: name, email: email, role: role, password: password, to: database)
        await database.close()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let data = try encoder.encode([
            "user_id": user.userID.text, "name": user.name, "email": user.email, "role": user.role.rawValue,
        ])
        print(TerminalText.json(String(decoding: data, as: UTF8.self)))
    }
}

extension Role: ExpressibleByArgument {}
