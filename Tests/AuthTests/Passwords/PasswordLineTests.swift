import Perch
import Testing

@testable import Auth

@Suite struct PasswordLineTests {
    private func client(_ address: String, _ account: String, isKnown: Bool = false) -> PasswordClient {
        PasswordClient(address: address, account: account, isKnown: isKnown)
    }

    /// A line that so many have joined, numbered from 1 on.
    private func line(_ count: Int, of client: (Int) -> PasswordClient) -> PasswordLine {
        var line = PasswordLine(width: 2, length: 16)
        for number in 1...count { _ = line.join(UInt64(number), client(number)) }
        return line
    }

    @Test func aClientAloneHasAllPlacesAndNoMore() {
        var line = PasswordLine(width: 2, length: 16)
        let ann = client("home", "ann")
        #expect(
            (1...19).map { line.join($0, ann) } == [.runs, .runs] + Array(repeating: .waits, count: 16) + [.isFull]
        )
        #expect(line.running.count == 2 && line.waiting.count == 16)
    }

    @Test func whoFillsTheLineFromOneAddressGivesWayToOthers() {
        var line = line(18) { client("office", "\($0)", isKnown: true) }
        // The last who came goes first; others come as long as they have fewer.
        for number in UInt64(0)..<15 {
            #expect(line.join(100 + number, client("\(number)", "other \(number)")) == .displaces(18 - number))
        }
        #expect(line.waiting.count == 16)
    }

    @Test func whoFillsTheLineWithOneAccountFromManyAddressesGivesWayToOthers() {
        var line = line(18) { client("10.0.0.\($0)", "mallory", isKnown: true) }
        #expect(line.join(100, client("home", "ann")) == .displaces(18))
        // Whoever comes for the same account has no claim.
        #expect(line.join(101, client("elsewhere", "mallory", isKnown: true)) == .isFull)
    }

    @Test func strangersOfManyAddressesGiveWayToWhomTheAccountKnows() {
        var line = line(18) { client("10.0.0.\($0)", "\($0)@x.org") }
        #expect(line.join(100, client("10.9.9.9", "stranger")) == .isFull)
        #expect(line.join(101, client("home", "ann", isKnown: true)) == .displaces(18))
        #expect(line.join(102, client("home", "ann", isKnown: true)) == .isFull)
        var known = self.line(18) { client("10.0.0.\($0)", "\($0)@x.org", isKnown: true) }
        #expect(known.join(100, client("home", "ann", isKnown: true)) == .isFull)
    }

    @Test func ofThoseWithAsManyPlacesAStrangerGivesWayFirst() {
        var line = line(18) { client("10.0.0.\($0)", "\($0)@x.org", isKnown: $0 > 10) }
        #expect(line.join(100, client("home", "ann", isKnown: true)) == .displaces(10))
        #expect(line.join(101, client("work", "bob", isKnown: true)) == .displaces(9))
    }

    @Test func whoHasNothingRunningIsNextHoweverLateItCame() {
        var line = line(6) { client("office", "\($0)") }
        #expect(line.join(7, client("home", "ann")) == .waits)
        #expect(line.finish(1) == 7)
        #expect(line.finish(2) == 3)
        #expect(line.leave(4) && !line.leave(4) && !line.leave(3))
        #expect(line.finish(7) == 5)
        #expect(line.finish(3) == 6)
        #expect(line.finish(5) == nil && line.finish(6) == nil)
        #expect(line.running.isEmpty && line.waiting.isEmpty)
    }

    /// Whatever comes and goes: nobody is lost, no place stays empty, and who is turned away has as many places as anybody.
    @Test(arguments: UInt64(1)...20) func theLineIsSharedWhateverComesAndGoes(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var line = PasswordLine(width: 2, length: 4)
        var present: Set<UInt64> = []
        for ticket in UInt64(1)...2000 {
            let one = client(
                "\(Int.random(in: 0..<4, using: &generator))",
                "\(Int.random(in: 0..<6, using: &generator))",
                isKnown: Bool.random(using: &generator)
            )
            let waitersBefore = line.waiting
            switch line.join(ticket, one) {
            case .runs, .waits: present.insert(ticket)
            case .displaces(let other):
                #expect(present.remove(other) != nil)
                present.insert(ticket)
            case .isFull:
                let places = { (client: PasswordClient) in
                    let all = Array(line.running.values) + waitersBefore.map(\.client)
                    return max(
                        all.count { $0.address == client.address },
                        all.count { $0.account == client.account }
                    )
                }
                #expect(waitersBefore.allSatisfy { places($0.client) <= places(one) + 1 })
            }
            while let running = line.running.keys.min(), Bool.random(using: &generator) {
                let next = line.finish(running)
                present.remove(running)
                #expect(next.map(present.contains) ?? line.waiting.isEmpty)
            }
            #expect(present == Set(line.running.keys).union(line.waiting.map(\.ticket)))
            #expect(line.waiting.count <= 4 && (line.running.count == 2 || line.waiting.isEmpty))
        }
    }
}
