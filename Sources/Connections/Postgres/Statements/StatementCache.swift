/// Which statements one connection has prepared, bounded; the least recently used leaves first.
///
/// A statement that leaves still exists on the server until it is deallocated, which is done before the next
/// transaction: inside one, a failure would fail the user's transaction.
struct StatementCache {
    /// A place in the program.
    private struct Place {
        let shape: StatementShape
        /// Nil once it has left.
        var statement: Statement?
        /// The one that came after this the last time: statements come in cycles.
        var next = 0
    }

    let limit: Int
    /// Those that the server still has and nobody uses.
    private(set) var discarded: [Statement] = []
    private var statements: [Statement.Key: Statement] = [:]
    /// The shorter way to the same: without the text.
    private var places: [Place] = []
    private var freePlaces: [Int] = []
    private var indices: [StatementShape: Int] = [:]
    /// Where the last statement was found.
    private var last = 0
    private var uses = 0
    private var names = 0

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    var count: Int { statements.count }

    /// The statement that was prepared for this place in the program. The shape stays as it is: lent so, it is not copied.
    @inline(__always)
    mutating func find(_ shape: inout StatementShape) -> Statement? {
        guard shape.isStatic, !places.isEmpty else { return nil }
        let expected = places[last].next
        if let statement = places[expected].statement, places[expected].shape.isSame(as: shape) {
            last = expected
            return use(statement)
        }
        return findUnexpected(&shape)
    }

    private mutating func findUnexpected(_ shape: inout StatementShape) -> Statement? {
        guard let index = indices[shape], let statement = places[index].statement else { return nil }
        places[last].next = index
        last = index
        return use(statement)
    }

    private mutating func use(_ statement: Statement) -> Statement {
        uses += 1
        statement.lastUse = uses
        return statement
    }

    /// The statement that was prepared with this text and these types; the place is remembered.
    mutating func find(_ key: Statement.Key, at shape: StatementShape) -> Statement? {
        guard let statement = statements[key] else { return nil }
        remember(shape, of: statement)
        return use(statement)
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
        names += 1
        statement.name = "s\(names)"
        statements[statement.key] = use(statement)
        remember(shape, of: statement)
        return true
    }

    private mutating func remember(_ shape: StatementShape, of statement: Statement) {
        guard shape.isStatic else { return }
        let place = Place(shape: shape, statement: statement)
        let index = freePlaces.popLast() ?? places.count
        if index < places.count { places[index] = place } else { places.append(place) }
        indices[shape] = index
        statement.places.append(index)
    }

    /// The server does not have this statement.
    mutating func forget(_ statement: Statement) {
        // Another may have taken its place since.
        guard statements[statement.key] === statement else { return }
        statements[statement.key] = nil
        for index in statement.places {
            indices[places[index].shape] = nil
            places[index].statement = nil
            freePlaces.append(index)
        }
        statement.places = []
    }

    /// The server has none of them.
    mutating func forgetAll() {
        statements.removeAll()
        places.removeAll()
        freePlaces.removeAll()
        indices.removeAll()
        last = 0
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
