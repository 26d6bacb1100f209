/// Which statements one connection has prepared, bounded; the least recently used leaves first.
///
/// A statement that leaves still exists on the server until it is deallocated, which is done before the next
/// transaction: inside one, a failure would fail the user's transaction.
struct StatementCache {
    let limit: Int
    /// Those that the server still has and nobody uses.
    private(set) var discarded: [Statement] = []
    private var statements: [Statement.Key: Statement] = [:]
    /// The shorter way to the same: without the text.
    private var places: [StatementShape: Statement] = [:]
    private var uses = 0
    private var names = 0

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    var count: Int { statements.count }

    /// The statement that was prepared for this place in the program.
    mutating func find(_ shape: StatementShape) -> Statement? {
        guard shape.isStatic, let statement = places[shape] else { return nil }
        uses += 1
        statement.lastUse = uses
        return statement
    }

    /// The statement that was prepared with this text and these types; the place is remembered.
    mutating func find(_ key: Statement.Key, at shape: StatementShape) -> Statement? {
        guard let statement = statements[key] else { return nil }
        uses += 1
        statement.lastUse = uses
        remember(shape, of: statement)
        return statement
    }

    /// Names a new statement; it counts as prepared from now on, until `forget`. False where it has to be sent unprepared:
    /// too many wait to be deallocated.
    mutating func add(_ statement: Statement, at shape: StatementShape) -> Bool {
        if statements.count >= limit {
            guard discarded.count < limit else { return false }
            if let oldest = statements.values.min(by: { $0.lastUse < $1.lastUse }) {
                discard(oldest)
            }
        }
        uses += 1
        names += 1
        statement.lastUse = uses
        statement.name = "s\(names)"
        statements[statement.key] = statement
        remember(shape, of: statement)
        return true
    }

    private mutating func remember(_ shape: StatementShape, of statement: Statement) {
        guard shape.isStatic else { return }
        places[shape] = statement
        statement.shapes.append(shape)
    }

    /// The server does not have this statement.
    mutating func forget(_ statement: Statement) {
        // Another may have taken its place since.
        guard statements[statement.key] === statement else { return }
        statements[statement.key] = nil
        for shape in statement.shapes { places[shape] = nil }
        statement.shapes = []
    }

    /// The server has none of them.
    mutating func forgetAll() {
        statements.removeAll()
        places.removeAll()
        discarded.removeAll()
    }

    /// The server has this statement, and it shall not be used again.
    mutating func discard(_ statement: Statement) {
        guard statements[statement.key] === statement else { return }
        forget(statement)
        discarded.append(statement)
    }

    /// Those to deallocate now.
    mutating func takeDiscarded() -> [Statement] {
        defer { discarded.removeAll() }
        return discarded
    }

    /// This one could not be deallocated.
    mutating func putBack(_ statement: Statement) {
        discarded.append(statement)
    }
}
