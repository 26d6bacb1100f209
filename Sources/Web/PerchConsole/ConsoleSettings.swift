public import PerchOperating
public import Postgres
import PageKit

/// What a console shows, and to whom.
public struct ConsoleSettings: Sendable {
    /// The stripe over each page, which tells systems apart.
    public enum Tint: String, Sendable, CaseIterable {
        /// Of the system that must not be taken for another.
        case red
        /// Of one that needs care.
        case amber
        /// Of one to play with.
        case green
        /// Of any other.
        case blue
    }

    /// Where the system's servers are.
    public var connections: SystemConnections
    /// Databases as the role has them that owns their schema, by the service's name: partitions can be changed where they are known.
    /// Default: none, and the command is told instead.
    public var owners: [String: PostgresConfiguration] = [:]
    /// The system's name, on each page and in each button that changes something: `production`.
    public var context: String
    /// Default: no stripe.
    public var tint: Tint?
    /// The address to listen on. Default: this machine alone.
    public var host = "127.0.0.1"
    /// 1 to 65535. Default 8080.
    public var port = 8080
    /// Where people log in; nil: whoever has the token that the console prints, on this machine alone.
    public var issuer: ConsoleIssuer?
    /// Everybody may look, and nobody may change anything. Default: by role.
    public var isReadOnly = false
    /// What whoever has the token may, unless all is read-only. Default: everything.
    package var tokenRole = Role.admin
    /// Who acts, in the records of changes, where nobody logs in by name: `USER@HOST`.
    public var operatorName: String

    /// Where the contract was read, and how that place was found: for the doctor's document.
    package var contractSource = (folder: "", from: "")
    /// How many requests a second a session may make; a test makes as many as it likes.
    package var requestsPerSecond = 20.0
    /// How long the events of several partitions may be looked for; those that there is no time for are told.
    package var scanPatience = Duration.seconds(2)
    /// For how long what a page has asked of the servers is given to others who open it.
    package var lookLife = Duration.seconds(1)
    /// How old what the doctor found may be while somebody looks.
    package var diagnosisAge = Duration.seconds(60)
    /// How long it waits from one look at the servers to the next while nobody looks at it.
    package var restTime = Duration.seconds(15)

    /// - Parameter operatorName: Where the token is all that is asked for.
    public init(connections: SystemConnections, context: String, operatorName: String) {
        (self.connections, self.context, self.operatorName) = (connections, context, operatorName)
    }
}

/// Settings by which a console cannot start.
public struct InvalidConsoleSetting: Error, Hashable, CustomStringConvertible {
    /// Which one, what was expected, and what was found.
    public let description: String
}
