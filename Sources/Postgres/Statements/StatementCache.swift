/// What a prepared statement is known by: the same text with other types is another statement.
struct StatementKey: Hashable {
    let text: String
    let types: [UInt32]
}

/// Which statements one connection has prepared, bounded; the least recently used leaves first.
///
/// A statement that leaves still exists on the server until it is deallocated, which is done before the next
/// transaction: inside one, a failure would fail the user's transaction.
struct StatementCache {
    private struct Entry {
        let name: String
        var lastUse: Int
    }

    enum Lookup {
        /// Already prepared under this name.
        case prepared(String)
        /// To be prepared under this name.
        case unknown(String)
        /// To be sent unprepared: too many statements wait to be deallocated.
        case full
    }

    let limit: Int
    /// Names that the server still has and nobody uses.
    private(set) var discarded: [String] = []
    private var entries: [StatementKey: Entry] = [:]
    private var uses = 0
    private var names = 0

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    var count: Int { entries.count }

    /// How to send this statement; an unknown one counts as prepared from now on, until `forget`.
    mutating func look(up key: StatementKey) -> Lookup {
        uses += 1
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = uses
            return .prepared(entries.values[index].name)
        }
        if entries.count >= limit {
            guard discarded.count < limit else { return .full }
            if let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                discard(oldest)
            }
        }
        names += 1
        let name = "s\(names)"
        entries[key] = Entry(name: name, lastUse: uses)
        return .unknown(name)
    }

    /// The server does not have this statement.
    mutating func forget(_ key: StatementKey) {
        entries[key] = nil
    }

    /// The server has none of them.
    mutating func forgetAll() {
        entries.removeAll()
        discarded.removeAll()
    }

    /// The server has this statement, and it shall not be used again.
    mutating func discard(_ key: StatementKey) {
        if let entry = entries.removeValue(forKey: key) {
            discarded.append(entry.name)
        }
    }

    /// The names to deallocate now.
    mutating func takeDiscarded() -> [String] {
        defer { discarded.removeAll() }
        return discarded
    }

    /// These could not be deallocated.
    mutating func putBack(_ name: String) {
        discarded.append(name)
    }
}
