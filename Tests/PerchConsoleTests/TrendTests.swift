import Testing
import Times

@testable import PerchConsole

@Suite struct TrendTests {
    @Test func aNumberThatComesAndGoesHasNoTrend() {
        #expect(Self.series((0..<150).map { Double($0 % 5) }).trend(until: Self.end) == .stays)
    }

    @Test func aNumberThatOnlyGrowsIsToldFromOneThatShrinks() {
        #expect(Self.series((0..<150).map { Double($0) }).trend(until: Self.end) == .grows)
        guard case .shrinks(let perSecond) = Self.series((0..<150).map { 1000 - Double($0) }).trend(until: Self.end)
        else {
            Issue.record("it shrinks")
            return
        }
        #expect((0.4...0.6).contains(perSecond))
    }

    @Test func lessThanAMinuteIsNoTrend() {
        #expect(Self.series([1, 2, 3, 4]).trend(until: Self.end) == nil)
        #expect(Self.series([nil, nil]).trend(until: Self.end) == nil)
    }

    @Test func ratesAreOfEachPartOfTheHalfHour() {
        let rates = Self.series((0..<900).map { Double($0) * 6 }).rates(until: Self.end)
        #expect(rates.count == 60)
        #expect(rates.compactMap(\.self).allSatisfy { (2.5...3.5).contains($0) })
    }

    private static let end = Timestamp(milliseconds: 1_800_000_000_000)

    /// A sample in two seconds, the last one now.
    private static func series(_ values: [Double?]) -> Series {
        var series = Series()
        for (index, value) in values.enumerated() {
            series.add(value, at: Timestamp(milliseconds: end.milliseconds - Int64(values.count - 1 - index) * 2000))
        }
        return series
    }
}
