import ServiceTesting
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct HandlerLagTests {
    @Test func howeverManyLookTheServersAreAskedOnceASecond() async {
        let clock = TestClock()
        let asked = Mutex(0)
        let lag = HandlerLag(of: "Analytics", now: { clock.instant }) {
            asked.withLock { $0 += 1 }
            return .seconds(90)
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { #expect(await lag.words(within: .seconds(3600)) == "Analytics is 1 minute behind.") }
            }
        }
        #expect(asked.withLock { $0 } == 1)
        clock.advance(by: .milliseconds(999))
        _ = await lag.words(within: .seconds(3600))
        #expect(asked.withLock { $0 } == 1)
        clock.advance(by: .milliseconds(1))
        _ = await lag.words(within: .seconds(3600))
        #expect(asked.withLock { $0 } == 2)
    }

    @Test func nobodyWaitsForServersThatDoNotAnswerAndWhatIsNotKnownIsTold() async {
        let clock = TestClock()
        let lag = HandlerLag(of: "Analytics", now: { clock.instant }) {
            // habits: this is what never answers.
            while (try? await Task.sleep(for: .seconds(3600))) != nil {}
            return nil
        }
        #expect(await lag.words(within: .milliseconds(1)) == "")
        clock.advance(by: .seconds(12))
        let words = "Whether analytics is up to date has not been known for 10 seconds."
        #expect(await lag.words(within: .milliseconds(1)) == words)
    }

    @Test func anAnswerAfterOthersThatWereNoneEndsWhatWasNotKnown() async {
        let clock = TestClock()
        let answer = Mutex<Duration?>(nil)
        let lag = HandlerLag(of: "Analytics", now: { clock.instant }) { answer.withLock { $0 } }
        #expect(await lag.state(within: .seconds(3600)) == .unknown(.zero))
        clock.advance(by: .seconds(8))
        #expect(await lag.state(within: .seconds(3600)) == .unknown(.seconds(8)))
        answer.withLock { $0 = .seconds(2) }
        clock.advance(by: .seconds(1))
        #expect(await lag.state(within: .seconds(3600)) == .behind(.seconds(2)))
    }

    @Test(arguments: [
        (HandlerLag.State.behind(.seconds(5)), ""), (.behind(.milliseconds(5_001)), "Tracker is 5 seconds behind."),
        (.behind(.seconds(59)), "Tracker is 55 seconds behind."),
        (.behind(.seconds(60)), "Tracker is 1 minute behind."),
        (.behind(.seconds(7_200)), "Tracker is 2 hours behind."),
        (.behind(.seconds(86_400 * 1_234)), "Tracker is 1,234 days behind."), (.behind(.seconds(-9)), ""),
        (.unknown(.seconds(5)), ""),
        (.unknown(.seconds(6)), "Whether tracker is up to date has not been known for 5 seconds."),
    ])
    func whatIsSaidBeginsBeyondFiveSeconds(state: HandlerLag.State, words: String) {
        #expect(HandlerLag.words(state, of: "Tracker") == words)
    }
}
