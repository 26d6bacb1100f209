import Foundation
import Postgres
import ServiceKit
import Testing

@testable import Auth

@Suite struct KeyScheduleTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func key(_ id: String, _ publishedFrom: Duration, _ signsFrom: Duration) -> KeySchedule.Key {
        KeySchedule.Key(id: id, publishedFrom: start + publishedFrom, signsFrom: start + signsFrom)
    }

    private func days(_ days: Int) -> Duration { .seconds(days * 86_400) }

    @Test func theFirstKeySignsAtOnce() {
        let schedule = KeySchedule([])
        #expect(schedule.nextKey(at: start) == start)
        #expect(schedule.signer(at: start) == nil)
    }

    @Test func aKeyIsMadeADayBeforeItsPredecessorEndsAndOnlyOne() {
        let first = key("1", .zero, .zero)
        let schedule = KeySchedule([first])
        #expect(schedule.nextKey(at: start + days(29) + .seconds(-1)) == nil)
        #expect(schedule.nextKey(at: start + days(29)) == start + days(30))
        #expect(KeySchedule([first, key("2", days(29), days(30))]).nextKey(at: start + days(29)) == nil)
    }

    @Test func afterALongSleepTheNewKeyIsPublishedForTenMinutesAllTheSame() throws {
        let now = start + days(100)
        let signsFrom = try #require(KeySchedule([key("1", .zero, .zero)]).nextKey(at: now))
        #expect(signsFrom - now >= .seconds(600))
        let schedule = KeySchedule([key("1", .zero, .zero), key("2", days(100), signsFrom - start)])
        #expect(schedule.signer(at: signsFrom + .milliseconds(-1))?.id == "1")
        #expect(schedule.signer(at: signsFrom)?.id == "2")
    }

    @Test func anOldKeyIsPublishedUntilItsLastTokenHasExpired() {
        let schedule = KeySchedule([key("1", .zero, .zero), key("2", days(29), days(30))])
        let lastToken = start + days(30) + .milliseconds(-1)
        #expect(schedule.signer(at: lastToken)?.id == "1")
        #expect(schedule.published(at: lastToken + .seconds(900)).map(\.id) == ["1", "2"])
        #expect(schedule.published(at: start + days(30) + .seconds(900 + 60)).map(\.id) == ["2"])
        #expect(schedule.expired(at: start + days(30) + .seconds(900 + 60)).map(\.id) == ["1"])
    }

    @Test func aClockThatIsSetBackStillFindsAKey() {
        let schedule = KeySchedule([key("2", days(29), days(30)), key("1", .zero, .zero)])
        #expect(schedule.signer(at: start + days(-1))?.id == "1")
        #expect(schedule.nextKey(at: start + days(-1)) == nil)
    }

    /// Every ten seconds of 70 days: what is signed now verifies by every key set that anybody may still hold, from now
    /// until the token expires.
    @Test func whoeverHoldsAKeySetOfTheLastTenMinutesVerifiesEveryToken() {
        var keys: [KeySchedule.Key] = []
        /// Key sets, as they were published, by the second.
        var published: [Int: Set<String>] = [:]
        var signed: [Int: String] = [:]
        var unverified = 0
        var signers: Set<String> = []
        for second in stride(from: 0, to: 70 * 86_400, by: 10) {
            let now = start + .seconds(second)
            // Nobody asks for keys at night, so they are late.
            if second % 86_400 > 30_000 || second < 100 {
                let schedule = KeySchedule(keys)
                keys.removeAll { schedule.expired(at: now).contains($0) }
                if let signsFrom = schedule.nextKey(at: now) {
                    keys.append(KeySchedule.Key(id: "\(second)", publishedFrom: now, signsFrom: signsFrom))
                }
            }
            let schedule = KeySchedule(keys)
            published[second] = Set(schedule.published(at: now).map(\.id))
            let signer = schedule.signer(at: now)?.id ?? ""
            signed[second] = signer
            signers.insert(signer)
            // The oldest set that anybody still holds, and the newest; for what is signed now, and what expires now.
            for held in [second - 600, second] where held >= 0 {
                if published[held]?.contains(signer) == false { unverified += 1 }
            }
            if let expiring = signed[second - 890], published[second]?.contains(expiring) == false { unverified += 1 }
            published[second - 3600] = nil
            signed[second - 3600] = nil
        }
        #expect(unverified == 0)
        #expect(signers.count == 3)
    }
}
