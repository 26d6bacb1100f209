import Executors

/// Hashes and verifies passwords one at a time on a thread of its own: many logins at once neither take the memory of
/// many hashes nor hold up anything else.
public actor PasswordHasher {
    private let executor = ThreadExecutor(name: "passwords")
    /// A thread of its own: hashing never takes one of Swift's shared pool.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    /// The cost of new hashes, log2 of scrypt's N.
    public nonisolated let cost: Int

    /// - Parameter cost: See the setting `PASSWORD_COST`. Default 17.
    public init(cost: Int = 17) { self.cost = cost }

    /// Hashes a password with a new salt.
    public func hash(_ password: String) throws -> PasswordHash { try PasswordHash(of: password, cost: cost) }

    /// Whether this is the password of the hash.
    public func verify(_ password: String, _ hash: PasswordHash) throws -> Bool { try hash.verify(password) }
}
