import LocalServers
import Testing

/// The three processes of a service end one after the other, and come back, while people work.
@Suite(.serialized, .tags(.system), .timeLimit(.minutes(30))) struct RollingRestartTests {
    enum End: CaseIterable {
        /// SIGTERM, as a new release does it.
        case stopped
        /// SIGKILL, as a node that is lost does it.
        case killed
    }

    @Test(arguments: End.allCases)
    func eventsTakeEffectOnceAndInOrderWhileEachProcessInTurnIsReplaced(end: End) async throws {
        try await withPopug("each process is \(end)") { system in
            let seats = system.seats(of: "accounting")
            let office = try system.popug(
                "office",
                ["office", "--employees", "10", "--rate", "100", "--people", "4", "--reassign-every", "100"]
            )
            try waitForEffects(200, in: system)
            let all = try system.number("SELECT count(*) FROM perch.leases", in: "accounting") ?? 0
            for seat in seats {
                switch end {
                case .stopped: system.expect(seat.stop() == .status(0), "\(seat.name): \(system.tail(seat.name))")
                case .killed: seat.kill()
                }
                try waitForOwners(all, among: seats.filter { $0 !== seat }, in: system)
                try waitForEffects(100, in: system)
                try seat.start()
                try waitFor("\(seat.name) has its share") {
                    try partitions(of: seat, in: system) > 0 ? nil : "it has no partition"
                }
            }
            system.expect(office.stop() == .status(0), "office: \(system.tail("office"))")
            try waitFor("everything drains") { try system.unfinished() }
            for seat in system.seats {
                system.expect(seat.stop() == .status(0), "\(seat.name): \(system.tail(seat.name))")
            }
            let verdict = try system.check()
            system.expect(verdict.isOK, "\(verdict.report)")
        }
    }

    /// Waits until so many more events have taken effect.
    private func waitForEffects(_ more: Int, in system: PopugSystem) throws {
        func effects() throws -> Int {
            try system.number("SELECT count(*) FROM reporting.ledger", in: "accounting") ?? 0
        }
        let before = try effects()
        try waitFor("events take effect") {
            let now = try effects() - before
            return now >= more ? nil : "\(now) of \(more)"
        }
    }
}
