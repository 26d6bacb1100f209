import Foundation
import LocalServers
import Synchronization
import Testing

extension Tag {
    /// Starts many processes and takes minutes: `swift test --filter SystemTests`.
    @Tag static var system: Self
}

/// The whole system in real processes, and everything is killed.
@Suite(.serialized, .tags(.system)) struct KillTests {
    /// `KILL_TEST_SEED` draws the same faults again.
    @Test(.timeLimit(.minutes(30)))
    func everyCommittedEventTakesEffectOnceInOrderWhateverIsKilled() async throws {
        let given = ProcessInfo.processInfo.environment["KILL_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? .random(in: 0...999_999)
        try await withPopug("seed \(seed)") { system in
            let pace = Pace()
            let disturbances = Disturbances(pace: pace)
            let monitor = LivenessMonitor(system: system, disturbances: disturbances, pace: pace)
            var injector = FaultInjector(system: system, disturbances: disturbances, monitor: monitor, seed: seed)

            let office = try system.popug(
                "office",
                [
                    "office", "--employees", "20", "--rate", "200", "--people", "6", "--reassign-every", "150",
                    "--seed",
                    "1",
                ]
            )
            try waitFor("work flows") {
                try system.number("SELECT count(*) FROM reporting.ledger", in: "accounting") ?? 0 > 200
                    ? nil : "no effects"
            }
            monitor.start()
            let begin = ContinuousClock.now
            var newcomers: [LocalProcess] = []
            var closings: [LocalProcess] = []
            let payDay = try system.today()
            try injector.run(bursts: 4, faultsEach: 17, calm: 14, calmSamples: 12) { burst in
                // In the middle of it all, twice: whatever is cut short is gone on with.
                if burst > 0 {
                    closings.append(
                        try system.popug("close-day-\(burst)", ["accounting", "close-day", "--date", payDay])
                    )
                }
                newcomers.append(
                    try system.popug(
                        "newcomers-\(burst)",
                        [
                            "office", "--employees", "5", "--tickets", "20", "--rate", "20", "--people", "2",
                        ]
                    )
                )
            }
            let duration = (ContinuousClock.now - begin).inSeconds
            try injector.heal()
            try waitFor("there are enough events") {
                let count = try tickets(in: system)
                return count >= 20_000 ? nil : "\(count) events"
            }
            system.expect(office.stop() == .status(0), "office: \(system.tail("office"))")
            for (index, office) in newcomers.enumerated() {
                system.expect(office.wait() == .status(0), "newcomers: \(system.tail("newcomers-\(index)"))")
            }
            for closing in closings { closing.kill() }
            let close = try system.popug("close-day", ["accounting", "close-day", "--date", payDay])
            system.expect(close.wait() == .status(0), "close-day: \(system.tail("close-day"))")
            do {
                try waitFor("everything drains") { try system.unfinished() }
            } catch {
                // The checker tells what is missing.
                system.expect(false, "\(error)")
            }
            let findings = try monitor.stop()
            for violation in findings.violations { system.expect(false, violation) }
            for seat in system.seats {
                system.expect(seat.stop() == .status(0), "\(seat.name): \(system.tail(seat.name))")
            }

            for fault in Fault.allCases { system.expect(injector.happened[fault] ?? 0 > 0, "\(fault) never happened") }
            system.expect(findings.undisturbed > 20, "the monitor saw too little of an undisturbed system to judge it")
            let paid = try system.number("SELECT count(*) FROM reporting.ledger WHERE kind = 'wage'", in: "accounting")
            system.expect(paid ?? 0 > 0, "nobody was paid")
            let mails = try FileManager.default.contentsOfDirectory(atPath: "\(system.logs)/mails")
            system.expect(mails.count == paid, "\(paid ?? 0) wages and \(mails.count) mails")
            let verdict = try system.check()
            system.expect(verdict.isOK, "\(verdict.report)")
            say(
                """
                kill test: seed \(seed); \(try tickets(in: system)) events of tickets; faults for \(duration) s
                faults: \(list(injector.happened)); moments missed: \(list(injector.missed))
                longest wait without disturbance: \(findings.longest), at a pace of \(pace.slowest) s a look; \
                \(findings.undisturbed) of \(findings.samples) samples undisturbed
                \(system.tail("office", lines: 1))
                """
            )
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func partitionsOfAProcessThatEndsMoveInTime() async throws {
        // Long enough for one to see what waited for a lease and what did not.
        try await withPopug("moving", lease: 15) { system in
            let seats = system.seats(of: "accounting")
            let workers = 2 * seats.count
            try waitFor("all workers share each topic") { try unfairness(among: workers, in: system) }
            let all = try system.number("SELECT count(*) FROM perch.leases", in: "accounting") ?? 0
            let stopped = seats[0]
            let stop = try time {
                Thread.detachNewThread { _ = stopped.stop() }
                try waitForOwners(all, among: Array(seats.dropFirst()), in: system)
            }
            try waitFor("the stopped process ends") { stopped.pid == nil ? nil : "it runs" }
            let killed = seats[1]
            let kill = try time {
                killed.kill()
                try waitForOwners(all, among: [seats[2]], in: system)
            }
            let lease = Double(system.lease)
            say("partitions move: \(stop) s after SIGTERM, \(kill) s after SIGKILL (lease \(lease) s)")
            system.expect(stop < lease, "\(stop) s after SIGTERM: the leases were not given back, they ran out")
            // What a move takes besides the lease is measured by the one that needs none.
            system.expect(kill <= lease + max(2, 4 * stop), "\(kill) s after SIGKILL, \(stop) s after SIGTERM")
        }
    }

    /// Each harm is done to a copy of accounting's database of a system that is in order, behind the back of its triggers.
    enum Tampering: String, CaseIterable {
        case effectLost, effectAdded, effectDoubled, effectsSwapped, amountChanged, wrongAssignee, balanceChanged
        case eventLost, eventDoubled, priceDoubled, deadLetter

        var sql: String {
            let some = "(SELECT entry_id FROM accounting.ledger ORDER BY entry_id OFFSET 5 LIMIT 1)"
            return switch self {
            case .effectLost: "DELETE FROM accounting.ledger WHERE entry_id = \(some)"
            case .effectAdded: Self.copy("gen_random_uuid()", some)
            case .effectDoubled:
                "ALTER TABLE accounting.ledger DROP CONSTRAINT ledger_event_id_key; \(Self.copy("event_id", some))"
            case .effectsSwapped:
                """
                ALTER TABLE accounting.ledger DROP CONSTRAINT ledger_event_id_key;
                WITH pair AS (SELECT min(entry_id) AS a, max(entry_id) AS b FROM accounting.ledger
                    GROUP BY ticket_id HAVING count(*) > 1 LIMIT 1)
                UPDATE accounting.ledger l SET (event_id, kind, amount) = (o.event_id, o.kind, o.amount)
                FROM pair, accounting.ledger o
                WHERE (l.entry_id, o.entry_id) IN ((pair.a, pair.b), (pair.b, pair.a))
                """
            case .amountChanged: "UPDATE accounting.ledger SET amount = amount - 1 WHERE entry_id = \(some)"
            case .wrongAssignee:
                """
                UPDATE accounting.ledger l SET user_id = (SELECT user_id FROM accounting.accounts a
                    WHERE a.user_id <> l.user_id LIMIT 1) WHERE entry_id = \(some)
                """
            case .balanceChanged:
                "UPDATE accounting.accounts SET balance = balance + 1 WHERE user_id = (SELECT user_id FROM accounting.ledger LIMIT 1)"
            case .eventLost: "DELETE FROM perch.log WHERE topic = 'ticket-money' AND position = 2"
            case .eventDoubled:
                """
                UPDATE perch.log SET event_id = (SELECT event_id FROM perch.log WHERE topic = 'ticket-money' LIMIT 1)
                WHERE topic = 'ticket-money' AND position = 2
                """
            case .priceDoubled:
                """
                UPDATE perch.log SET data = (SELECT data FROM perch.log
                    WHERE topic = 'ticket-money' AND position = 1 LIMIT 1)
                WHERE topic = 'ticket-money' AND position = 2
                """
            case .deadLetter:
                """
                INSERT INTO perch.failed_events (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time,
                    payload, state, error) VALUES ('accounting', 'tickets', 0, 1, '1-1', gen_random_uuid(), 'x', 1, 'x', now(), '', 'dead', 'x')
                """
            }
        }

        /// What the checker has to call it.
        var finding: String {
            switch self {
            case .effectLost, .eventLost: ": lost: "
            case .effectAdded, .deadLetter: ": unexpected: "
            case .effectDoubled, .eventDoubled, .priceDoubled: ": duplicated: "
            case .effectsSwapped: ": reordered: "
            case .amountChanged, .wrongAssignee, .balanceChanged: ": wrong: "
            }
        }

        private static func copy(_ event: String, _ entry: String) -> String {
            """
            INSERT INTO accounting.ledger (event_id, user_id, ticket_id, title, kind, amount, balance_after, business_day, at)
            SELECT \(event), user_id, ticket_id, title, kind, amount, balance_after, business_day, at
            FROM accounting.ledger WHERE entry_id = \(entry)
            """
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func theCheckerFindsEveryKindOfHarm() async throws {
        try await withPopug("checker") { system in
            let office = try system.popug(
                "office",
                [
                    "office", "--employees", "5", "--tickets", "120", "--rate", "100", "--reassign-every", "40",
                ]
            )
            system.expect(office.wait() == .status(0), "office: \(system.tail("office"))")
            try waitFor("everything drains") { try system.unfinished() }
            for seat in system.seats {
                system.expect(seat.stop() == .status(0), "\(seat.name): \(system.tail(seat.name))")
            }
            let sound = try system.check()
            system.expect(sound.isOK, "\(sound.report)")
            for harm in Tampering.allCases {
                let copy = "accounting_\(harm.rawValue.lowercased())"
                try system.postgres.psql("CREATE DATABASE \(copy) TEMPLATE accounting")
                try system.postgres.psql("SET session_replication_role = replica; \(harm.sql)", database: copy)
                let verdict = try system.check(accounting: copy)
                system.expect(!verdict.isOK && verdict.report.contains(harm.finding), "\(harm): \(verdict.report)")
            }
            try system.redis.cli("XDEL", "tickets:0", try firstEntry(of: "tickets:0", in: system))
            system.expect(try system.check().report.contains("stream tickets:0: "), "a hole in a stream is found")
        }
    }
}

// MARK: Helpers

private func firstEntry(of stream: String, in system: PopugSystem) throws -> String {
    let reply = try system.redis.cli("XRANGE", stream, "-", "+", "COUNT", "1")
    return String(reply.split(separator: "\n").first ?? "")
}

private func time(_ body: () throws -> Void) rethrows -> Double {
    let begin = ContinuousClock.now
    try body()
    return (ContinuousClock.now - begin).inSeconds
}

private func list(_ counts: [Fault: Int]) -> String {
    counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
}
