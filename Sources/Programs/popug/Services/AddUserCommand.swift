public import ArgumentParser
import Auth
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
    @OptionGroup var password: PasswordInput

    func run() async throws {
        let password = try password.read()
        let user = try await options.withUsers { users, database in
            try await users.add(name: name, email: email, role: role, password: password, to: database)
        }
        print(try user.shown)
    }
}

extension Role: ExpressibleByArgument {}
