package import PerchOperating
package import Postgres

/// The system that flags, environment and config file together name.
package struct ChosenSystem: Sendable {
    package let connections: SystemConnections
    package let contract: LocatedContract
    /// The databases of services as the role has them that owns their schema, by the service's name.
    package let owners: [String: PostgresConfiguration]
    /// Nil: it was found without a config file.
    package let context: OperatorContext?
}
