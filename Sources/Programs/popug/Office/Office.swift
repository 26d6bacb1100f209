import Foundation
import HTTPTypes
import Perch
import ServiceLifecycle

/// The office: people, and the tickets that are known to be open. Everything they do goes through the services' HTTP calls.
actor Office {
    private struct Ticket: Decodable {
        let ticket_id: UUID
        let assignee_id: UUID
        let status: String
    }

    private struct Reassigned: Decodable {
        let reassigned: Int
    }

    private let tracker: String
    private let people: OfficePeople
    private let plan: OfficePlan
    private let http = OfficeHTTP()
    private var open: [UUID] = []
    private var creating = 0
    private(set) var tally = OfficeTally()

    init(addresses: OfficeAddresses, people: OfficePeople, plan: OfficePlan) {
        tracker = addresses.tracker
        self.people = people
        self.plan = plan
    }

    /// Adds employees. While a service is away it waits; of an addition that was cut off it is not known whether it took
    /// effect, so there may be more in the end.
    func hire(_ count: Int) async throws {
        var hired = 0
        while hired < count {
            do {
                try await people.hire()
                hired += 1
            } catch {
                guard Self.isTransient(error) else { throw error }
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
            } catch let refusal as Refusal where refusal.problem == "no-employee" {
                // The tracker has not heard of them yet.
                try await clock.sleep(for: .milliseconds(50))
            } catch let refusal as Refusal where !refusal.isTransient {
                // Somebody else was faster, or the ticket changed hands meanwhile.
                await note { $0.refused += 1 }
            } catch {
                await note { $0.interrupted += 1 }
                try await clock.sleep(for: .milliseconds(200))
            }
        }
    }

    private nonisolated func act(_ draw: UInt64, _ pick: UInt64) async throws {
        if plan.reassignEvery > 0, draw % UInt64(plan.reassignEvery) == 0 {
            let answer: Reassigned = try await http.call(
                .post,
                "\(tracker)/v1/tickets/reassign",
                token: try await people.boss.token()
            )
            await note { $0.reassigned += answer.reassigned }
        } else if let ticket = await toClose(draw, pick) {
            do {
                try await close(ticket)
            } catch {
                await reopen(ticket, after: error)
                throw error
            }
        } else if await mayCreate() {
            do {
                let ticket: Ticket = try await http.call(
                    .post,
                    "\(tracker)/v1/tickets",
                    token: try await people.boss.token(),
                    body: ["title": "Ticket \(String(pick % 100_000))"]
                )
                await created(ticket.ticket_id)
            } catch {
                await notCreated()
                throw error
            }
        }
    }

    /// Closes a ticket as whoever has it now.
    private nonisolated func close(_ ticket: UUID) async throws {
        let url = "\(tracker)/v1/tickets/\(ticket.text)"
        let found: Ticket = try await http.call(.get, url, token: try await people.boss.token())
        guard found.status == "open", let assignee = try await people.session(of: found.assignee_id) else { return }
        let _: Ticket = try await http.call(.post, "\(url)/close", token: try await assignee.token())
        await note { $0.closed += 1 }
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
        if let refusal = error as? Refusal, ["ticket-closed", "not-found"].contains(refusal.problem) { return }
        open.append(ticket)
    }

    private func note(_ change: (inout OfficeTally) -> Void) { change(&tally) }

    /// Whether the same may work later: a service that is away, or too busy.
    private static func isTransient(_ error: any Error) -> Bool {
        (error as? Refusal)?.isTransient ?? !(error is CancellationError)
    }
}
