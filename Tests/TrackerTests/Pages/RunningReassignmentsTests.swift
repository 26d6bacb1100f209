import Foundation
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceLifecycle
import Testing

@testable import Tracker

@Suite struct RunningReassignmentsTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test(.timeLimit(.minutes(30))) func aProcessThatStopsLetsThemComeToTheirEnd() async throws {
        try await TrackerOffice.serve { office in
            let eve = UUID.v7()
            _ = try await office.person("Ben")
            for _ in 0..<3 { _ = try office.ticket() }
            let running = RunningReassignments(database: office.database, logger: logger)
            let group = ServiceGroup(services: [running], gracefulShutdownSignals: [], logger: logger)
            let id = UUID.v7()
            try await office.holdingUpPublishing { release in
                running.begin(id, by: eve)
                while running.progress(of: id) == nil { await Task.yield() }
                await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    await group.triggerGracefulShutdown()
                    #expect(running.isRunning(id))
                    #expect(throws: Never.self) { try release() }
                }
            }
            #expect(!running.isRunning(id))
            #expect(try await Reassignments().reassignment(id, in: office.database)?.tickets == 3)
        }
    }

    @Test(.timeLimit(.minutes(30))) func whyItCameToNothingIsRememberedUntilItIsPressedAgain() async throws {
        try await TrackerOffice.serve { office in
            try office.fixture.connection.execute(
                """
                INSERT INTO tracker.tickets (ticket_id, title, assignee_id, created_by, created_at)
                VALUES (gen_random_uuid(), 'Ticket', gen_random_uuid(), gen_random_uuid(), now())
                """
            )
            let running = RunningReassignments(database: office.database, logger: logger)
            let (id, eve) = (UUID.v7(), UUID.v7())
            running.begin(id, by: eve)
            while running.isRunning(id) { await Task.yield() }
            #expect(running.failure(of: id) == .noEmployee && running.progress(of: id) == nil)
            _ = try await office.person("Ben")
            running.begin(id, by: eve)
            #expect(running.failure(of: id) == nil)
            while running.isRunning(id) { await Task.yield() }
            #expect(running.failure(of: id) == nil)
            #expect(try await Reassignments().reassignment(id, in: office.database)?.tickets == 1)
        }
    }
}
