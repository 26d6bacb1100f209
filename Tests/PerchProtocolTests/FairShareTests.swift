import PerchProtocol
import Testing

/// Who should hold how many partitions of each topic, and what moves when a worker comes or goes.
struct FairShareTests {
    /// Processes with one to three workers each, in no order.
    private static func workers(_ random: inout SplitMix64) -> [FairShare.Member] {
        var workers: [FairShare.Member] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            workers += process(of: .random(in: 1...3, using: &random), &random)
        }
        return workers.shuffled(using: &random)
    }

    private static func process(of workers: Int, _ random: inout SplitMix64) -> [FairShare.Member] {
        let process = UInt32.random(in: 0...UInt32.max, using: &random)
        return (0..<workers).map {
            .init(process: process, slot: $0, number: .random(in: 0...UInt32.max, using: &random))
        }
    }

    private static func topics(_ most: Int, _ random: inout SplitMix64) -> [TopicName: Int] {
        var all: [TopicName: Int] = [:]
        for topic in 0..<Int.random(in: 1...most, using: &random) {
            all[TopicName(rawValue: "topic-\(topic)")] = Int.random(in: 0...30, using: &random)
        }
        return all
    }

    private static func shares(_ workers: [FairShare.Member], _ all: [TopicName: Int]) -> [[TopicName: Int]] {
        FairShare.byTopic(workers, shared: all, all: all)
    }

    /// How many partitions change hands to those that were there before: what they have more than before.
    private static func gains(_ before: [[TopicName: Int]], _ after: [[TopicName: Int]]) -> Int {
        zip(before, after).reduce(0) { sum, pair in
            sum + pair.1.reduce(0) { $0 + max(0, $1.value - pair.0[$1.key, default: 0]) }
        }
    }

    @Test func sharesOfEachTopicAddUpAndDifferByOneAtMost() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let workers = Self.workers(&random)
            let all = Self.topics(6, &random)
            let whole = Self.shares(workers, all)
            for (topic, partitions) in all {
                let counts = whole.map { $0[topic, default: -1] }
                #expect(counts.reduce(0, +) == partitions)
                #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
            }
            guard let paused = all.keys.sorted().first, let count = all[paused], count > 0 else { continue }
            let rest = FairShare.byTopic(workers, shared: all.merging([paused: count - 1]) { $1 }, all: all)
            for (before, after) in zip(whole, rest) {
                #expect(before.filter { $0.key != paused } == after.filter { $0.key != paused }, "no other topic moves")
            }
        }
    }

    @Test func processesOfAsManyWorkersHoldAsManyOfEachTopicWhateverTheOtherTopicsDo() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<1000 {
            let size = Int.random(in: 1...4, using: &random)
            let processes = Int.random(in: 1...6, using: &random)
            let workers = (0..<processes).flatMap { _ in Self.process(of: size, &random) }.shuffled(using: &random)
            let all = Self.topics(8, &random)
            let shares = Self.shares(workers, all)
            for topic in all.keys {
                let held = Dictionary(grouping: workers.indices) { workers[$0].process }.values
                    .map { $0.reduce(0) { $0 + shares[$1][topic, default: -1] } }
                #expect((held.max() ?? 0) - (held.min() ?? 0) <= 1, "\(held) of \(topic)")
            }
        }
    }

    @Test func allWorkersSeeTheSameSharesInWhateverOrderTheyAreTold() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<200 {
            let workers = Self.workers(&random)
            let all = Self.topics(6, &random)
            let one = Dictionary(uniqueKeysWithValues: zip(workers, Self.shares(workers, all)))
            let shuffled = workers.shuffled(using: &random)
            let other = Dictionary(uniqueKeysWithValues: zip(shuffled, Self.shares(shuffled, all)))
            #expect(one == other)
        }
    }

    @Test func ofOneTopicWhoeverComesTakesItsShareAndWhoeverGoesLeavesItAndNothingElseMoves() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<1000 {
            let workers = Self.workers(&random)
            let all = Self.topics(1, &random)
            let comes = Self.process(of: 1, &random)
            let (before, after) = (Self.shares(workers, all), Self.shares(workers + comes, all))
            #expect(Self.gains(before, after) == 0, "those that are there gain nothing when one comes")
            #expect(
                Self.gains(Array(after.dropLast()), before) == after.last?.values.reduce(0, +),
                "nor lose any when it goes"
            )
        }
    }

    @Test func overAllTopicsHardlyMoreMovesAndNoneHasMuchMoreThanItsPart() {
        var random = SplitMix64(seed: 4)
        var (needed, beyond, over) = (0, 0, 0)
        for _ in 0..<1000 {
            let workers = Self.workers(&random)
            let all = Self.topics(8, &random)
            let comes = Self.process(of: 1, &random)
            let (before, after) = (Self.shares(workers, all), Self.shares(workers + comes, all))
            needed += after.last?.values.reduce(0, +) ?? 0
            beyond += Self.gains(before, after)
            let totals = before.map { $0.values.reduce(0, +) }
            let mean = (all.values.reduce(0, +) + workers.count - 1) / workers.count
            let most = totals.max() ?? 0
            #expect(most <= mean + 2, "\(workers), \(all)")
            if most > mean { over += 1 }
        }
        #expect(beyond * 10 < needed, "\(beyond) more than \(needed) that have to")
        #expect(over < 300, "the mean, rounded up, is passed \(over) times in 1000")
    }
}
