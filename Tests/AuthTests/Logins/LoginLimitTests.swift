import Foundation
import Postgres
import Testing

@testable import Auth

@Suite struct LoginLimitTests {
    private let limit = LoginLimit(free: 3, forgiveness: .seconds(600), longestWait: .seconds(60))
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    /// How long each of so many failures, each at the first moment that is let in, makes the next wait.
    private func waits(_ failures: Int) -> [Int] {
        var count: LoginLimit.Count?
        var now = start
        return (0..<failures).map { _ in
            let next = limit.adding(to: count, at: now)
            count = next
            let wait = limit.nextTry(after: next) - now
            now = limit.nextTry(after: next)
            return Int((wait / .seconds(1)).rounded())
        }
    }

    @Test func theFirstFailuresCostNothingAndEachFurtherOneDoublesTheWait() {
        #expect(waits(11) == [0, 0, 0, 1, 2, 4, 8, 16, 31, 60, 60])
    }

    @Test func theWaitIsBoundedHoweverManyFail() {
        #expect(waits(5000).max() == 60)
        let many = LoginLimit.Count(level: 1e9, at: start)
        #expect(limit.nextTry(after: many) == start + .seconds(60))
    }

    @Test func inTimeFailuresAreForgotten() {
        let count = LoginLimit.Count(level: 8, at: start)
        #expect(limit.level(count, at: start + .seconds(600)) == 7)
        #expect(limit.level(count, at: start + .seconds(8 * 600)) == 0)
        #expect(limit.level(count, at: start + .seconds(-600)) == 8)
        #expect(limit.forgotten(count) == start + .seconds(4800))
        #expect(limit.adding(to: count, at: limit.forgotten(count)).level == 1)
    }

    @Test func anAccountIsGuessedAtFewTimesADay() {
        var count: LoginLimit.Count?
        var now = start
        var tries = 0
        while now - start < .seconds(86_400) {
            let next = LoginLimit.account.adding(to: count, at: now)
            count = next
            tries += 1
            now = max(LoginLimit.account.nextTry(after: next), now + .milliseconds(1))
        }
        #expect(tries < 320)
        #expect(tries > 200)
    }
}

@Suite struct LoginAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("::ffff:10.0.0.7", "10.0.0.7"), ("::FFFF:10.0.0.7", "10.0.0.7"),
        ("::1", "0:0:0:0::/64"), ("2001:db8:0:1::5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"), ("fe80::1%eth0", "fe80:0:0:0::/64"),
        ("", ""), ("x:y", "x:y"),
    ]) func whatOnePartyCanChooseIsOneAddress(_ text: String, _ address: String) {
        #expect(LoginAddress(text).description == address)
    }
}
