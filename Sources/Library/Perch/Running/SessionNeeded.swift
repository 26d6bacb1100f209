/// A pooler gives the program another session of Postgres for each transaction, and it needs one of its own: a lease remembers the
/// session that works under it, which the next owner ends; a migration holds a lock from one transaction to the next.
public struct SessionNeeded: Error, CustomStringConvertible {
    /// Which database: user, host, port and name.
    public let database: String

    /// What is wrong, and what helps.
    public var description: String {
        """
        \(database) is reached through a pooler in transaction mode (pool_mode=transaction, pooled=transaction), and workers, \
        relays and migrations need a session of their own: give them the server's own address, or a pooler in session mode. \
        Publishers and what answers HTTP can go through this one, with pooled=transaction in the database's URL
        """
    }

    init(_ database: String) { self.database = database }
}
