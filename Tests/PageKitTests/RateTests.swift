import HTTPTypes
import Hummingbird
import PageKit
import Synchronization
import Testing

@Suite struct RateTests {
    @Test func aSessionThatAsksTooOftenWaitsAndOthersDoNot() async throws {
        let clock = StandingClock()
        let rate = RequestRate(perSecond: 20) { clock.now }
        for _ in 0..<40 { #expect(rate.wait(of: "a") == nil) }
        #expect(rate.wait(of: "a") == 1)
        #expect(rate.wait(of: "b") == nil)
        clock.advance(by: .milliseconds(50))
        #expect(rate.wait(of: "a") == nil)
        #expect(rate.wait(of: "a") == 1)
        // However long the pause, no more than twice the rate comes at once.
        clock.advance(by: .seconds(3600))
        #expect((0..<100).count { _ in rate.wait(of: "a") == nil } == 40)
    }

    @Test func strangersTakeNoMoreThanTheirPlace() {
        let clock = StandingClock()
        let rate = RequestRate(perSecond: 1) { clock.now }
        #expect(rate.wait(of: "ann") == nil && rate.wait(of: "ann") == nil && rate.wait(of: "ann") == 1)
        for number in 0..<10_500 {
            clock.advance(by: .microseconds(1))
            _ = rate.wait(of: "stranger \(number)")
            if number % 4000 == 0 { _ = rate.wait(of: "ann") }
        }
        // Whoever goes on asking is not forgotten for the sake of strangers.
        #expect(rate.wait(of: "ann") == 1)
    }

    @Test func tooManyRequestsAreAnsweredBy429() async throws {
        let clock = StandingClock()
        let rate = RequestRate(perSecond: 2) { clock.now }
        try await PageServing.serve({ router in
            router.add(middleware: RateCheck(rate) { request, _ in Cookies.value(of: "s", in: request.headers) })
            router.get("/") { _, _ in "fine" }
        }) { port, _ async throws in
            for _ in 0..<4 { #expect(try await PageServing.ask(port, "GET /", ["Cookie: s=1"]).status == 200) }
            let answer = try await PageServing.ask(port, "GET /", ["Cookie: s=1"])
            #expect(answer.status == 429 && answer.header("Retry-After") == "1")
            #expect(try await PageServing.ask(port, "GET /", ["Cookie: s=2"]).status == 200)
            #expect(try await PageServing.ask(port, "GET /").status == 200)
        }
    }
}

/// A clock that stands until the test moves it.
final class StandingClock: Sendable {
    private let time = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}
