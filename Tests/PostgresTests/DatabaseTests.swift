import Synchronization
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(30))) struct DatabaseTests {
    private struct Refused: Error {}

    private func make(size: Int = 4) throws -> (Database, PostgresConnection) {
        let test = try TestDatabase()
        let connection = try test.connect()
        try connection.executeScript("CREATE TABLE t (id int8 PRIMARY KEY, n int8 NOT NULL DEFAULT 0)")
        return (Database(try test.configuration(), size: size, acquireTimeout: .seconds(3600)), connection)
    }

    private final class Order: Sendable {
        private let numbers = Mutex<[Int]>([])
        var all: [Int] { numbers.withLock { $0 } }
        func append(_ number: Int) { numbers.withLock { $0.append(number) } }
    }

    @Test func aTransactionCommitsAndGivesItsValue() async throws {
        let (database, other) = try make()
        let count = try await database.transaction { tx in
            try tx.execute("INSERT INTO t VALUES (\(1))")
            return try tx.value("SELECT count(*) FROM t", as: Int.self)
        }
        #expect(count == 1)
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 1)
        #expect(try await database.execute("UPDATE t SET n = \(5)") == 1)
        #expect(try await database.query("SELECT n FROM t") { try $0.decode("n", as: Int.self) } == [5])
        await database.close()
    }

    @Test func aClosureThatThrowsRollsBack() async throws {
        let (database, other) = try make(size: 1)
        await #expect(throws: Refused.self) {
            try await database.transaction { tx in
                try tx.execute("INSERT INTO t VALUES (\(1))")
                throw Refused()
            }
        }
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 0)
        #expect(try await database.execute("INSERT INTO t VALUES (\(2))") == 1)
        await database.close()
    }

    @Test func whoWaitsIsServedInTheOrderOfComing() async throws {
        let (database, _) = try make(size: 1)
        let gate = Gate()
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await database.transaction { _ in gate.pass() } }
            await until { gate.entered == 1 }
            for number in 1...20 {
                group.addTask { try await database.transaction { _ in order.append(number) } }
                await until { database.pool.waiting == number }
            }
            gate.open()
            try await group.waitForAll()
        }
        #expect(order.all == Array(1...20))
        await database.close()
    }

    @Test func aCancelledWaiterLeavesTheLine() async throws {
        let (database, _) = try make(size: 1)
        let gate = Gate()
        let first = Task { try await database.transaction { _ in gate.pass() } }
        await until { gate.entered == 1 }
        let waiting = Task { try await database.execute("INSERT INTO t VALUES (1)") }
        let behind = Task { try await database.execute("INSERT INTO t VALUES (2)") }
        await until { database.pool.waiting == 2 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        gate.open()
        try await first.value
        #expect(try await behind.value == 1)
        #expect(try await database.query("SELECT id FROM t") { try $0.decode(0, as: Int.self) } == [2])
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await database.execute("SELECT 1")
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        await database.close()
    }

    @Test func whoWaitsTooLongIsSentAwayAndNothingOfItIsDone() async throws {
        let test = try TestDatabase()
        let other = try test.connect()
        try other.executeScript("CREATE TABLE t (id int8 PRIMARY KEY)")
        let database = Database(try test.configuration(), size: 1, acquireTimeout: .milliseconds(100))
        let gate = Gate()
        let first = Task { try await database.transaction { _ in gate.pass() } }
        await until { gate.entered == 1 }
        let late = [1, 2, 3].map { id in Task { try await database.execute("INSERT INTO t VALUES (\(id))") } }
        for task in late {
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .busy && error?.isRetriable == true && error?.isConnectionDead == false)
        }
        #expect(database.pool.waiting == 0)
        gate.open()
        try await first.value
        #expect(try await database.execute("INSERT INTO t VALUES (4)") == 1)
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 1)
        await database.close()
    }

    @Test func theLineHasALongestLength() async throws {
        let database = Database(
            try TestDatabase().configuration(),
            size: 1,
            acquireTimeout: .seconds(3600),
            longestLine: 2
        )
        let gate = Gate()
        let first = Task { try await database.transaction { _ in gate.pass() } }
        await until { gate.entered == 1 }
        let waiting = [1, 2].map { _ in Task { try await database.execute("SELECT 1") } }
        await until { database.pool.waiting == 2 }
        let error = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
        #expect(error?.code == .busy && error?.description.contains("2 wait already") == true)
        gate.open()
        try await first.value
        for task in waiting { #expect(try await task.value == 1) }
        await database.close()
    }

    @Test func closingWaitsForThoseInUseAndRefusesTheRest() async throws {
        let (database, other) = try make(size: 2)
        let gate = Gate()
        let isClosed = Mutex(false)
        let inUse = [1, 2].map { id in
            Task {
                try await database.transaction { tx in
                    if id == 1 { gate.pass() }
                    try tx.execute("INSERT INTO t VALUES (\(id))")
                }
            }
        }
        try await inUse[1].value
        await until { gate.entered == 1 }
        let closing = Task {
            await database.close()
            isClosed.withLock { $0 = true }
        }
        // Closed to new work as soon as close has begun.
        while (try? await database.execute("SELECT 1")) != nil {}
        #expect(!isClosed.withLock { $0 })
        gate.open()
        await closing.value
        try await inUse[0].value
        #expect(try other.value("SELECT count(*) FROM t", as: Int.self) == 2)
        // The server hears of a closed connection a little later.
        let connections: SQL = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        try await until { try other.value(connections, as: Int.self) == 1 }
        await database.close()
        await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
    }

    @Test func aDeadConnectionIsMadeAnew() async throws {
        let (database, other) = try make(size: 1)
        await #expect(throws: PostgresError.self) {
            try await database.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        }
        #expect(try await database.execute("INSERT INTO t VALUES (1)") == 1)
        // One that ended while it lay idle is not even noticed by the next user.
        let pid = try await database.query("SELECT pg_backend_pid()") { try $0.decode(0, as: Int32.self) }[0]
        #expect(try other.value("SELECT pg_terminate_backend(\(pid), 10000)") == true)
        #expect(try await database.execute("INSERT INTO t VALUES (2)") == 1)
        await database.close()
    }

    @Test func aDatabaseThatIsNotThereFailsEveryCallAndHangsNone() async throws {
        let database = Database(
            try PostgresConfiguration(url: "postgresql://anna:s3cret@127.0.0.1:1/shop"),
            size: 2,
            acquireTimeout: .seconds(3600)
        )
        await withTaskGroup(of: PostgresError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        try await database.execute("SELECT 1")
                        return nil
                    } catch {
                        return error as? PostgresError
                    }
                }
            }
            for await error in group { #expect(error?.code == .connectionFailed) }
        }
        await database.close()
    }

    @Test func manyTasksLoseNothingAndDoubleNothing() async throws {
        let (database, other) = try make(size: 4)
        try other.executeScript("INSERT INTO t SELECT n, 0 FROM generate_series(0, 9) AS n")
        let committed = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<400 {
                group.addTask {
                    do {
                        try await database.transaction { tx in
                            // Of ten: one throws, one fails at the server, one kills its own connection.
                            try tx.execute("UPDATE t SET n = n + 1 WHERE id = \(number % 7)")
                            switch number % 10 {
                            case 0: throw Refused()
                            case 1: try tx.execute("INSERT INTO t VALUES (0)")
                            case 2: try tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                            case 3: _ = try tx.value("SELECT n FROM t WHERE id = \(number % 7)", as: Int.self)
                            default: break
                            }
                        }
                        return 1
                    } catch {
                        #expect([0, 1, 2].contains(number % 10), "\(error)")
                        return 0
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(committed == 280)
        #expect(try other.value("SELECT sum(n)::int8 FROM t", as: Int.self) == committed)
        await database.close()
    }
}
