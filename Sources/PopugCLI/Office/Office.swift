import Auth
import Foundation
import Perch
import PopugEvents
import Postgres
import Tracker

/// The office: employees, and the tickets that are known to be open.
actor Office {
    private let auth: Database
    private let tracker: Database
    private let plan: OfficePlan
    private let tickets = Tickets()
    private var open: [UUID] = []
    private var creating = 0
    private(set) var tally = OfficeTally()

    init(auth: Database, tracker: Database, plan: OfficePlan) {
        self.auth = auth
        self.tracker = tracker
        self.plan = plan
    }

    /// Adds employees with names and passwords of their own. Their password hashes cost little: nobody logs in as them.
    /// While auth's database is away it waits; of an addition that was cut off it is not known whether it took effect, so
    /// there may be more in the end.
    func hire(_ count: Int) async throws {
        let users = Users(hasher: PasswordHasher(cost: 10))
        var hired = 0
        while hired < count {
            let id = UUID.v7().text
            do {
                _ = try await users.add(
                    name: "Popug \(id.suffix(6))",
                    email: "popug-\(id)@example.com",
                    role: .employee,
                    password: UUID().uuidString,
                    to: auth
                )
                hired += 1
            } catch let error as PostgresError where error.isRetriable {
                note { $0.interrupted += 1 }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Works until the plan is done or the task is cancelled.
    func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for person in 0..<plan.people { tasks.addTask { try await self.work(as: person) } }
            try await tasks.waitForAll()
        }
    }

    private var isDone: Bool { plan.tickets > 0 && tally.created >= plan.tickets && open.isEmpty }

    private nonisolated func work(as person: Int) async throws {
        var random = SplitMix64(seed: plan.seed &+ UInt64(person))
        let clock = ContinuousClock()
        let pause = Duration.seconds(Double(plan.people) / plan.rate)
        var next = clock.now
        while !Task.isCancelled, await !isDone {
            // An open loop: who was held up catches up, at most a second's worth.
            next = max(next + pause, clock.now - .seconds(1))
            try await clock.sleep(until: next)
            do {
                try await act(random.next(), random.next())
            } catch is PostgresError {
                await note { $0.interrupted += 1 }
                try await clock.sleep(for: .milliseconds(200))
            } catch let error as TicketError where error.code == .noEmployee {
                // The tracker has not heard of them yet.
                try await clock.sleep(for: .milliseconds(50))
            } catch is TicketError {
                // Somebody else was faster, or the ticket changed hands meanwhile.
            }
        }
    }

    private nonisolated func act(_ draw: UInt64, _ pick: UInt64) async throws {
        if plan.reassignEvery > 0, draw % UInt64(plan.reassignEvery) == 0 {
            let count = try await tickets.reassignAll(in: tracker)
            await note { $0.reassigned += count }
        } else if let ticket = await toClose(draw, pick) {
            do {
                guard let found = try await tickets.ticket(ticket, in: tracker) else { return }
                _ = try await tickets.close(ticket, by: found.assigneeID, in: tracker)
                await note { $0.closed += 1 }
            } catch {
                await reopen(ticket, after: error)
                throw error
            }
        } else if await mayCreate() {
            do {
                let title = "Ticket \(String(pick % 100_000))"
                let ticket = try await tickets.create(title: title, by: UUID.v7(), in: tracker)
                await created(ticket.ticketID)
            } catch {
                await notCreated()
                throw error
            }
        }
    }

    /// A ticket to close: more often the more are open, always when no more are to be created.
    private func toClose(_ draw: UInt64, _ pick: UInt64) -> UUID? {
        guard !open.isEmpty else { return nil }
        let isCreatingOver = plan.tickets > 0 && tally.created + creating >= plan.tickets
        guard isCreatingOver || (draw >> 8) % 100 < (open.count < 50 ? 30 : 60) else { return nil }
        let index = Int(pick % UInt64(open.count))
        open.swapAt(index, open.count - 1)
        return open.popLast()
    }

    private func mayCreate() -> Bool {
        guard plan.tickets == 0 || tally.created + creating < plan.tickets else { return false }
        creating += 1
        return true
    }

    private func created(_ ticket: UUID) {
        creating -= 1
        tally.created += 1
        open.append(ticket)
    }

    private func notCreated() { creating -= 1 }

    /// What is certainly not closed is closed later; of an unclear one it is not known, so it is tried as well.
    private func reopen(_ ticket: UUID, after error: any Error) {
        if let error = error as? TicketError, error.code == .closed || error.code == .notFound { return }
        open.append(ticket)
    }

    private func note(_ change: (inout OfficeTally) -> Void) { change(&tally) }
}
