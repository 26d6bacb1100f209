import HTTPTesting
import HTTPTypes
import Hummingbird
import Perch
import PerchOperating
import PerchTesting
import Synchronization
import Testing

@testable import PerchConsole

@Suite struct SharedLooksTests {
    private struct Question: Sendable, Hashable {
        var number = 0
    }

    private struct OtherQuestion: Sendable, Hashable {}

    /// How often something was asked, and of whom.
    private final class Server: Sendable {
        private let asked = Atomic(0)
        var count: Int { asked.load(ordering: .acquiring) }
        func ask() -> Int { asked.add(1, ordering: .acquiringAndReleasing).newValue }
    }

    private struct Broken: Error {}

    @Test func whoAsksTheSameIsGivenTheSameAndTheServersAreAskedOnce() async throws {
        let (looks, server) = (SharedLooks(life: .seconds(3600)), Server())
        let answers = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<50 { tasks.addTask { try await looks.answer(to: Question()) { server.ask() } } }
            return try await tasks.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(answers == [1] && server.count == 1)
        #expect(try await looks.answer(to: Question()) { server.ask() } == 1, "also a moment later")
        #expect(try await looks.answer(to: Question(number: 1)) { server.ask() } == 2)
        #expect(try await looks.answer(to: OtherQuestion()) { server.ask() } == 3, "a question of another kind")
    }

    @Test func afterAChangeAndAfterItsLifeALookIsMadeAnew() async throws {
        let (looks, server) = (SharedLooks(life: .seconds(3600)), Server())
        _ = try await looks.answer(to: Question()) { server.ask() }
        await looks.forget()
        #expect(try await looks.answer(to: Question()) { server.ask() } == 2)
        let brief = SharedLooks(life: .nanoseconds(1))
        _ = try await brief.answer(to: Question()) { server.ask() }
        #expect(try await brief.answer(to: Question()) { server.ask() } == 4)
    }

    @Test func aLookThatWasBegunBeforeAChangeIsNotGivenToWhoAsksAfterIt() async throws {
        let (looks, server) = (SharedLooks(life: .seconds(3600)), Server())
        let (turns, turn) = AsyncStream<Void>.makeStream()
        let before = Task {
            try await looks.answer(to: Question()) {
                let number = server.ask()
                for await _ in turns { break }
                return number
            }
        }
        try await eventually("it has begun") { server.count == 1 }
        await looks.forget()
        #expect(try await looks.answer(to: Question()) { server.ask() } == 2)
        turn.yield()
        #expect(try await before.value == 1)
        #expect(try await looks.answer(to: Question()) { server.ask() } == 2, "and its end changes nothing")
    }

    @Test func whatFailedIsAskedAgain() async throws {
        let (looks, server) = (SharedLooks(life: .seconds(3600)), Server())
        await #expect(throws: Broken.self) {
            try await looks.answer(to: Question()) { () -> Int in
                _ = server.ask()
                throw Broken()
            }
        }
        #expect(try await looks.answer(to: Question()) { server.ask() } == 2)
    }

    @Test func aLookGoesOnUntilTheLastOfThoseHasLeftWhoWaitForIt() async throws {
        let (looks, server) = (SharedLooks(life: .seconds(3600)), Server())
        let (ends, end) = AsyncStream<Void>.makeStream()
        let ask: @Sendable () async throws -> Int = {
            let number = server.ask()
            // Ends only by being cancelled.
            for await _ in AsyncStream<Void>.makeStream().stream {}
            end.yield()
            try Task.checkCancellation()
            return number
        }
        let first = Task { try await looks.answer(to: Question(), ask) }
        try await eventually("it has begun") { server.count == 1 }
        let second = Task { try await looks.answer(to: Question(), ask) }
        try await eventually("the second waits, too") { await looks.askers == 2 }
        first.cancel()
        try await eventually("the first has left") { await looks.askers == 1 }
        second.cancel()
        for await _ in ends { break }
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(server.count == 1)
    }

    /// Two who look at the same address within the life of one look.
    @Test func whoMayNotSeePrivateDataDoesNotSeeItInTheLookOfSomebodyWhoMay() async throws {
        try await withConsole({ $0.lookLife = .seconds(86_400) }) { console in
            try await console.fail(1...1, data: #"{"order":"order-1","count":1,"note":"Rumpelstilzchen"}"#)
            let parts = console.console.parts
            func list(_ role: Role) async throws -> FailedList {
                let viewer = Viewer(session: role.rawValue, name: role.rawValue, role: role)
                let request = Request(
                    head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/failed"),
                    body: RequestBody(buffer: .init())
                )
                let visit = try Visit(request, viewer, parts, path: "/failed", parameters: [:])
                let question = FailedList.Question(query: FailedQuery(), isOldestFirst: false, after: nil)
                return try await visit.look(for: question) { try await FailedList(question, most: 50, in: $0) }
            }
            func shows(_ list: FailedList) -> Bool {
                list.rows.contains { String(decoding: $0.event.delivery.envelope.data, as: UTF8.self).contains("Rump") }
            }
            #expect(try await shows(list(.admin)))
            try await console.fail(2...2)
            let viewers = try await list(.viewer)
            #expect(viewers.rows.count == 1, "it is the same look")
            #expect(!shows(viewers))
            #expect(try await shows(list(.operator)))
        }
    }

    @Test func whoHasChangedSomethingSeesItOnTheNextPage() async throws {
        try await withConsole({ $0.lookLife = .seconds(86_400) }) { console in
            try await console.fail(1...2)
            let cookie = try await console.client.login()
            #expect(try await console.client.get("/failed", cookie: cookie).said.contains("2 here"))
            let asked = try await console.client.get("/failed/retry?state=dead", cookie: cookie)
            _ = try await console.ended(
                console.client.post("/failed/retry", asked.hiddenFields(ofFormTo: "/failed/retry"), cookie: cookie)
            )
            let after = try await console.client.get("/failed.json", cookie: cookie)
            #expect(after.body.contains("\"state\":\"failed\""), "\(after.body)")
            #expect(!after.body.contains("\"state\":\"dead\""), "\(after.body)")
        }
    }
}
