import Foundation
import LocalServers
import Logging
import MailTesting
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Accounting

/// Mails of wages to a real mail server, of others.
@Suite(.enabled(if: LocalMailServer.isInstalled, "\(LocalMailServer.advice)"), .timeLimit(.minutes(30)))
struct MailServerTests {
    /// Another one each time knows nothing of what was sent before: as another process.
    private func outlet(_ server: LocalMailServer, _ parameters: [String] = ["timeout=20"]) throws -> MailServer {
        try MailServer(url: server.url(parameters))
    }

    // MARK: Once

    @Test(arguments: Delivering.allCases) func eachWageIsMailedOnceHoweverOftenItsEventComes(_ mode: Delivering)
        async throws
    {
        let authority = try LocalCertificateAuthority()
        let server = try await LocalMailServer(
            .smtps,
            login: ("accounting", "a-secret-of-mails"),
            certificate: try authority.issue(name: "mail")
        )
        let outlet = try outlet(server, ["from=pay@company.example", "timeout=20"])
        let office = try OfficeFixture(mode, mail: .server(outlet))
        let ann = try office.hire("Ann", email: "ann@example.com")
        let zofie = try office.hire("Žofie", email: "zofie@example.com")
        let unknown = try office.hire(email: nil)
        for user in [ann, zofie, unknown] { try office.earn(user, at: "2026-11-20T09:00:00.000Z") }
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        office.clock.now = "2026-11-22T00:05:00.123Z"
        try await office.closeDay("2026-11-21")
        try office.finish()

        let mails = try server.mails()
        let wages = [
            WageID.of(ann, for: "2026-11-20"), WageID.of(ann, for: "2026-11-21"), WageID.of(zofie, for: "2026-11-20"),
        ]
        #expect(Set(mails.map { $0.header("Message-ID") }) == Set(wages.map { "<\($0.text)@popug.example>" }))
        #expect(mails.count == wages.count)
        #expect(mails.allSatisfy { $0.isEncrypted && $0.user == "accounting" && $0.sender == "pay@company.example" })
        #expect(mails.allSatisfy { $0.header("From") == "UberPopug Accounting <pay@company.example>" })
        #expect(Set(mails.map(\.receivers)) == [["ann@example.com"], ["zofie@example.com"]])
        #expect(mails.contains { $0.text.contains("Hello Žofie,\r\n\r\nyour wage of 2026-11-20: 25.00\r\n") })
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.mailed_wages") == [3])
    }

    /// What a worker's process leaves behind that dies in a round, or whose COMMIT is refused.
    @Test func aMailWhoseRoundDidNotCommitComesAgainFromAnotherProcessOnlyAndIsTheSame() async throws {
        let server = try await LocalMailServer(.plain)
        let fixture = try AccountingFixture()
        var streams = TestStreams(contract: fixture.contract)
        let ann = UUID.v7()
        try fixture.harness.deliver([
            try streams.append(UserCreated(userID: ann, role: .employee, name: "Ann", email: "ann@example.com"))
        ])
        let wage = try streams.append(UserWagePaid(userID: ann, amount: Money(cents: 2500)))
        func send(_ handler: SendWage, commits: Bool) throws {
            let tx = try fixture.connection.begin()
            try handler.handle(wage.decode(UserWagePaid.self), wage, in: tx)
            if commits { try tx.commit() }
        }
        let logger = Logger(label: "test")
        let first = SendWage(server: try outlet(server), logger: logger)
        try send(first, commits: false)
        // The same process knows that it was taken.
        try send(first, commits: false)
        #expect(try server.mails().count == 1)
        // It dies before COMMIT: nothing is noted, and another one cannot know.
        try send(SendWage(server: try outlet(server), logger: logger), commits: true)
        let mails = try server.mails()
        #expect(mails.count == 2 && Set(mails.map(\.text)).count == 1)
        // From then on all know.
        try send(SendWage(server: try outlet(server), logger: logger), commits: true)
        #expect(try server.mails().count == 2)
    }

    // MARK: As a worker does it

    /// Runs accounting's worker on real servers, with Ann and Bob.
    private func working(
        _ outlet: MailServer,
        _ body: (RunningSystem, _ ann: UUID, _ bob: UUID) async throws -> Void
    ) async throws {
        let service = TestService(
            "accounting",
            migrations: Accounting.migrations,
            groups: [Accounting.consumerGroup(mail: .server(outlet))]
        )
        try await withPerch(contract: Contract.load(), services: [service]) { system in
            let (ann, bob) = (UUID.v7(), UUID.v7())
            for (user, name) in [(ann, "ann"), (bob, "bob")] {
                try await system.publish(
                    UserCreated(userID: user, role: .employee, name: name, email: "\(name)@example.com")
                )
            }
            try await system.settle()
            try await body(system, ann, bob)
        }
    }

    private func pay(_ users: [UUID], in system: RunningSystem) async throws {
        for user in users { try await system.publish(UserWagePaid(userID: user, amount: Money(cents: 2500))) }
    }

    /// Waits until an attempt has failed, and gives its reason.
    private func failure(in system: RunningSystem) async throws -> String {
        var found: [String] = []
        try await eventually("an attempt has failed") {
            found = try await system["accounting"].query("SELECT error FROM perch.failed_events WHERE state = 'failed'")
            {
                try $0.decode(0, as: String.self)
            }
            return !found.isEmpty
        }
        return found[0]
    }

    @Test func aRefusalForGoodIsADeadLetterWithTheServersTextAndHoldsNobodyUp() async throws {
        let server = try await LocalMailServer(.plain)
        try server.behave([.receiver: "550 5.1.1 <ADDRESS>: no such user"])
        try await working(try outlet(server)) { system, ann, bob in
            try await pay([ann], in: system)
            try await system.settle(acceptingDeadLetters: true)
            let letter = try #require(try await system.deadLetters().first)
            #expect(letter.key == ann.text)
            #expect(letter.error.contains("550 5.1.1 <the receiver>: no such user"), "\(letter.error)")
            #expect(!letter.error.contains("ann@example.com"))
            // Neither others nor her next wage wait for it.
            try server.behave([:])
            try await pay([bob, ann], in: system)
            try await system.settle(acceptingDeadLetters: true)
            #expect(Set(try server.mails().map(\.receivers)) == [["ann@example.com"], ["bob@example.com"]])
            #expect(try await system.deadLetters().count == 1)
        }
    }

    @Test(arguments: [LocalMailServer.Step.receiver, .end])
    func whatTheServerCannotTakeNowIsSentLater(_ step: LocalMailServer.Step) async throws {
        let server = try await LocalMailServer(.plain)
        try server.behave([step: "451 4.3.0 try later"])
        try await working(try outlet(server)) { system, ann, _ in
            try await pay([ann], in: system)
            #expect(try await failure(in: system).contains("451 4.3.0 try later"))
            try server.behave([:])
            try await system.settle()
            #expect(try await system.deadLetters().isEmpty)
        }
        #expect(try server.mails().last?.receivers == ["ann@example.com"])
        // At the end of a mail it was there each time, and is one.
        #expect(Set(try server.mails().map { $0.header("Message-ID") }).count == 1)
    }

    @Test func aConnectionThatIsLostAfterTheMailBringsTheSameMailAgainAndLosesNothing() async throws {
        let server = try await LocalMailServer(.plain)
        try server.behave([.end: "drop"])
        try await working(try outlet(server)) { system, ann, bob in
            try await pay([ann, bob], in: system)
            #expect(try await failure(in: system).contains("it may have taken the mail"))
            try server.behave([:])
            try await system.settle()
            #expect(try await system.deadLetters().isEmpty)
        }
        let mails = try server.mails()
        // Each of them was there before, under its Message-ID and with the same bytes.
        for receiver in ["ann@example.com", "bob@example.com"] {
            let texts = mails.filter { $0.receivers == [receiver] }.map(\.text)
            #expect(!texts.isEmpty && Set(texts).count == 1)
        }
        #expect(Set(mails.map { $0.header("Message-ID") }).count == 2)
        #expect(mails.count > 2)
    }

    @Test func aServerThatNeverAnswersIsTriedAgainAndTheMailArrives() async throws {
        let server = try await LocalMailServer(.plain)
        try server.behave([.sender: "silent"])
        try await working(try outlet(server, ["timeout=1"])) { system, ann, _ in
            try await pay([ann], in: system)
            #expect(try await failure(in: system).contains("within 1 s"))
            try server.behave([:])
            try await system.settle()
        }
        #expect(try server.mails().last?.receivers == ["ann@example.com"])
    }
}
