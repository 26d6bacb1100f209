/// What a transaction sees of others that run at the same time.
/// [Isolation levels](https://www.postgresql.org/docs/15/transaction-iso.html).
public enum Isolation: Sendable, Hashable {
    /// Each statement sees what was committed before it began. The default.
    case readCommitted
    /// All statements see what was committed before the first one; writing what another wrote since fails as 40001.
    case repeatableRead
    /// As if transactions ran one after the other; fails as 40001 where they could not.
    case serializable

    var begin: SQL {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }
}
