/// A statement as a connection knows it. It is looked at once, when it is new, and then only told apart by identity.
final class Statement {
    /// The same text with other types is another statement.
    struct Key: Hashable {
        let text: String
        let types: [UInt32]
    }

    let key: Key
    /// Begins or ends a transaction, which is what calls are for.
    let isTransactionControl: Bool
    /// Its name on the server; empty if it is not prepared.
    var name = "" { didSet { nameForC = Array(name.utf8CString) } }
    /// The same as C wants it, made once: it goes with each execution.
    private(set) var nameForC: [CChar] = [0]
    var lastUse = 0
    /// The places in the program that it is found by, as the cache counts them.
    var places: [Int] = []

    /// - Throws: `.encoding` for a text that cannot be sent.
    init(_ key: Key) throws(PostgresError) {
        guard !key.text.utf8.contains(0) else {
            throw PostgresError(.encoding, "the statement's text holds a NUL character").of(statement: key.text)
        }
        self.key = key
        isTransactionControl = TransactionControl.isIn(key.text)
    }
}
