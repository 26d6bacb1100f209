import Testing

@testable import PerchConsole

@Suite struct TailPaceTests {
    /// A topic in which more waits than can be read, followed for a while by a clock that goes as it is told.
    ///
    /// - Parameters:
    ///   - step: How long a read takes.
    ///   - share: How much of what it asks for a read gets.
    /// - Returns: What each read gave, and when.
    private static func follow(
        _ pace: TailPace,
        step: Duration,
        share: (_ limit: Int, _ turn: Int) -> Int
    ) -> [(at: ContinuousClock.Instant, count: Int)] {
        var (pace, now) = (pace, ContinuousClock.now)
        let end = now + .seconds(30)
        var (reads, turn): ([(at: ContinuousClock.Instant, count: Int)], Int) = ([], 0)
        while now < end {
            let limit = pace.limit(at: now)
            if limit > 0 {
                now += step
                turn += 1
                let count = share(limit, turn)
                pace.note(count, at: now)
                reads.append((now, count))
            }
            if let rest = pace.rest(at: now) {
                #expect(rest > now, "there is something to wait for")
                now = max(now, rest)
            }
        }
        return reads
    }

    private static func mostInASecond(_ reads: [(at: ContinuousClock.Instant, count: Int)]) -> Int {
        reads.indices.map { first in
            reads[first...].prefix { $0.at < reads[first].at + .seconds(1) }.reduce(0) { $0 + $1.count }
        }.max() ?? 0
    }

    @Test(arguments: [1, 7, 8, 1024], [Duration.microseconds(10), .milliseconds(3), .milliseconds(400)])
    func inNoSecondMoreIsReadThanMayBeHoweverMuchComes(width: Int, step: Duration) {
        let pace = TailPace(most: 5000, width: width)
        // All that it asks for; and by fits and starts.
        let firehose = Self.follow(pace, step: step) { limit, _ in limit * width }
        let gusts = Self.follow(pace, step: step) { limit, turn in turn % 3 == 0 ? limit * width : turn % 7 }
        let halves = Self.follow(pace, step: step) { limit, _ in max(1, limit * width / 2) }
        for reads in [firehose, gusts, halves] {
            #expect(Self.mostInASecond(reads) <= 5000)
        }
        let sum = firehose.reduce(0) { $0 + $1.count }
        #expect(sum >= 30 * 1200, "and what may be read is: \(sum) in half a minute")
    }

    @Test func whatComesSlowlyIsNeverWaitedWith() {
        var pace = TailPace(most: 5000, width: 8)
        let now = ContinuousClock.now
        for tick in 0..<4000 {
            #expect(pace.limit(at: now + .milliseconds(tick)) > 0)
            pace.note(4, at: now + .milliseconds(tick))
            #expect(pace.rest(at: now + .milliseconds(tick)) == nil)
        }
    }
}
