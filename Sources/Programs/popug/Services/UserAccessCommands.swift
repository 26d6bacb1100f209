import ArgumentParser
import Auth
import Postgres

struct DisableUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable-user",
        abstract: "Keep a user out: no login any more, and all its sessions are ended.",
        discussion: """
            Access tokens that were given before are valid until they expire, for 15 minutes at the most. The other services
            are not told: an employee's tickets stay with it, and new ones may be drawn for it. Doing it again changes
            nothing. Prints the user as JSON.

            EXAMPLES
              popug auth disable-user --email ann@example.com
              popug auth disable-user --user-id 019ab2c4-0000-7000-8000-000000000000
            """
    )

    @OptionGroup var options: ServiceOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let user = try await options.withUsers { users, database in
            try await users.disable(selection.find(users, in: database).userID, in: database)
        }
        print(try user.shown)
    }
}

struct EnableUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable-user",
        abstract: "Let a user log in again who was disabled.",
        discussion: """
            The sessions of before stay ended. Doing it again changes nothing. Prints the user as JSON.

            EXAMPLE
              popug auth enable-user --email ann@example.com
            """
    )

    @OptionGroup var options: ServiceOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let user = try await options.withUsers { users, database in
            try await users.enable(selection.find(users, in: database).userID, in: database)
        }
        print(try user.shown)
    }
}

struct EndSessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-sessions",
        abstract: "End all sessions of a user, who has to log in again everywhere.",
        discussion: """
            Access tokens that were given before are valid until they expire, for 15 minutes at the most. Prints how many
            sessions were ended.

            EXAMPLE
              popug auth end-sessions --email ann@example.com
            """
    )

    @OptionGroup var options: ServiceOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let ended = try await options.withUsers { users, database in
            try await users.endSessions(of: selection.find(users, in: database).userID, in: database)
        }
        print("sessions ended: \(ended)")
    }
}

struct SetPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-password",
        abstract: "Give a user another password, and end all its sessions.",
        discussion: """
            The password is the first line of standard input. A disabled user stays disabled. Prints how many sessions were
            ended.

            EXAMPLE
              echo "$PASSWORD" | popug auth set-password --email ann@example.com --password-stdin
            """
    )

    @OptionGroup var options: ServiceOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var password: PasswordInput

    func run() async throws {
        let password = try password.read()
        let ended = try await options.withUsers { users, database in
            try await users.setPassword(password, of: selection.find(users, in: database).userID, in: database)
        }
        print("password set; sessions ended: \(ended)")
    }
}
