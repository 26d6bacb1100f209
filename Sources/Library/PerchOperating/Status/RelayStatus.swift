public import Postgres

/// A relay that runs: it has a session in its owner's database.
///
/// Relays of the release before are not among them: they do not tell.
public struct RelayStatus: Sendable, Hashable {
    /// The service whose topics it serves.
    public let owner: String
    /// The machine it runs on.
    public let host: String
    /// Its process there.
    public let pid: Int
    /// When it last connected to the database.
    public let startedAt: Timestamp
    /// It is the one that works; the others of the same topics stand by.
    public let isActive: Bool
}
