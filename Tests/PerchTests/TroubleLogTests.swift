import PerchProtocol
import Testing

@testable import Perch

/// What is logged of partitions in trouble, which are looked at each second.
struct TroubleLogTests {
    private let first = Partition("orders", 0)
    private let second = Partition("orders", 1)

    @Test func theBeginIsSaidOfEachAndThenOneLineAMinuteOfAll() {
        var log = TroubleLog()
        var began: [Partition] = []
        var summaries: [TroubleLog.Line] = []
        for second in 0..<600 {
            for partition in [first, self.second] {
                switch log.note(partition, .seconds(second)) {
                case .began?: began.append(partition)
                case let line?: summaries.append(line)
                case nil: break
                }
            }
        }
        #expect(began == [first, second])
        #expect(summaries == (1...9).map { .goesOn([first, second], for: .seconds($0 * 60)) })
    }

    @Test func theEndIsSaidOnceAndItMayBeginAnew() {
        var log = TroubleLog()
        #expect(log.isEmpty && log.end(first, .seconds(1)) == nil)
        #expect(log.note(first, .seconds(2)) == .began)
        #expect(log.note(first, .seconds(3)) == nil && !log.isEmpty)
        #expect(log.end(first, .seconds(9)) == .seconds(7))
        #expect(log.end(first, .seconds(10)) == nil && log.isEmpty)
        #expect(log.note(first, .seconds(11)) == .began)
        log.endAll()
        #expect(log.isEmpty && log.note(first, .seconds(12)) == .began)
    }
}
