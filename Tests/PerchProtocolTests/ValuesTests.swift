import PerchProtocol
import Testing

struct ValuesTests {
    @Test func keysOfEventsAreMadeWhenTheyAreAskedForAndAreTheSameHoweverTheyAreMade() {
        let keys = EventKeys(count: 4) { "key-\($0)" }
        let given = EventKeys(["key-0", "key-1", "key-2", "key-3"])
        #expect(keys == given)
        #expect(keys.hashValue == given.hashValue)
        #expect(Array(keys.dropFirst(1).prefix(2)) == ["key-1", "key-2"])
        #expect(keys.dropFirst(1).prefix(2) == ["key-1", "key-2"])
        #expect(keys.dropFirst(1).prefix(2).dropFirst(1) == ["key-2"])
        #expect(keys != EventKeys(count: 4) { "key-\($0 + 1)" })
    }

    @Test func partitionsAreChosenByTheCRC32OfZlib() {
        // The check value of CRC-32/ISO-HDLC.
        #expect(CRC32.checksum("123456789") == 0xCBF4_3926)
        #expect(PartitionNumber(key: "123456789", of: 1000).rawValue == 262)
        #expect(PartitionNumber(key: "", of: 8).rawValue == 0)
        #expect(PartitionNumber(key: "ключ", of: 1).rawValue == 0)
    }

    @Test func aPartitionNumberIsAnIntOfPostgresWhoeverNamesIt() {
        #expect(PartitionNumber(rawValue: 3_000_000_000).rawValue == Int(Int32.max))
        #expect(PartitionNumber(rawValue: .min).rawValue == Int(Int32.min))
        #expect(PartitionNumber(rawValue: -1).rawValue == -1)
    }

    @Test func anEntryIDReadsWhatItWrites() {
        let id = EntryID(milliseconds: 1_763_000_000_000, position: 42)
        #expect(EntryID(id.description) == id)
        for text in ["", "1", "1-", "-1", "1-2-3", "+1-2", "1-９", " 1-2", "9223372036854775808-1"] {
            #expect(EntryID(text) == nil)
        }
    }

    @Test func entryIDsAreOrderedByTimeAndThenByPosition() {
        #expect(EntryID(milliseconds: 1, position: 9) < EntryID(milliseconds: 2, position: 1))
        #expect(EntryID(milliseconds: 2, position: 1) < EntryID(milliseconds: 2, position: 2))
    }

    @Test func aBackoffStaysBetweenItsFloorAndItsDoubledBound() {
        let backoff = Backoff(first: .milliseconds(100), cap: .seconds(2), floor: .milliseconds(50))
        var random = SplitMix64(seed: 1)
        for attempt in 0..<60 {
            let bound = min(Duration.seconds(2), .milliseconds(100) * (1 << min(max(attempt - 1, 0), 20)))
            for _ in 0..<20 {
                let delay = backoff.delay(after: attempt, using: &random)
                #expect(delay >= .milliseconds(50) && delay <= max(bound, .milliseconds(50)))
            }
        }
    }

    @Test func sharesAddUpToAllPartitionsAndDifferByOneAtMost() {
        for workers in 1...12 {
            for partitions in 0...30 {
                let shares = (0..<workers).map { FairShare.of(rank: $0, among: workers, partitions: partitions) }
                #expect(shares.reduce(0, +) == partitions)
                #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
            }
        }
    }
}
