import Auth
import Perch
import PopugEvents
import Postgres

/// Somebody of each role, to log in as.
enum DevPeople {
    /// Cheap to hash: these passwords stand on the screen anyway.
    static let passwordCost = 14

    static func email(_ role: Role) -> String { "\(role.rawValue)@popug.example" }

    /// Adds those that are not there yet, all with one password.
    static func add(password: String, to url: String) async throws {
        let database = Database(try PostgresConfiguration(url: url), size: 1)
        let users = Users(hasher: PasswordHasher(cost: passwordCost))
        for role in Role.allCases {
            do {
                _ = try await users.add(
                    name: "Demo \(role.rawValue)",
                    email: email(role),
                    role: role,
                    password: password,
                    to: database
                )
            } catch let error as UserError where error.code == .emailTaken {
                // From an earlier start.
            }
        }
        await database.close()
    }
}
