import Foundation
import Testing

@testable import PageKit

@Suite struct DrawingTests {
    @Test func anAxisHasRoundValuesAndZero() {
        #expect(ChartTicks([70, 252, -64]).values == ["-100", "0", "100", "200", "300"])
        #expect(ChartTicks([]).values.contains { Double($0) == 0 })
        #expect(ChartTicks([0.031]).values.first == "0.00")
        for drawn in [[1e-9], [1e12], [-5.0], [0.0], [3, 1e300], [.nan, .infinity, 2]] {
            let ticks = ChartTicks(drawn)
            #expect((2...7).contains(ticks.values.count))
            #expect(ticks.low < ticks.high)
            #expect(drawn.filter(\.isFinite).allSatisfy { ticks.low <= $0 && $0 <= ticks.high * 1.0001 })
        }
    }

    @Test func aChartSaysInWordsWhatItShows() {
        let chart = BarChart(
            id: "c",
            title: "Earned",
            bars: [
                .init("30 Oct", Decimal(string: "-120.4") ?? 0), .init("1 Nov", 310),
                .init("2 Nov", Decimal(string: "42.1") ?? 0, isSoFar: true),
            ]
        )
        #expect(chart.description == "30 Oct to 2 Nov: −120.40 to 310.00, 2 Nov so far 42.10")
        let read = MarkupReader(chart.html.markup)
        #expect(read.problems.isEmpty)
        #expect(read.elements.count { $0.name == "svg" } == 2)
        #expect(read.elements.count { $0["class"] == "bar below" } == 2)
    }

    @Test func numbersThatAreNoneAreNotDrawn() {
        let empty = BarChart(
            id: "c",
            title: "t",
            bars: [.init("a", .nan), .init("b", Decimal.greatestFiniteMagnitude)]
        )
        #expect(!empty.html.markup.contains("nan") && !empty.html.markup.contains("inf"))
        #expect(Sparkline.path(of: []) == "" && Sparkline.path(of: [nil, .nan, -.infinity]) == "")
        #expect(Sparkline.path(of: [1, nil, 1]) == "M0 1h0M96 1h0")
        #expect(Sparkline.path(of: [0, 0, 5], highest: 10) == "M0 23h0L48 23L96 12")
    }

    @Test func aBarNeverGoesPastItsEnd() {
        let bar = MarkupReader(ProgressBar("p", done: 9, of: 4, unit: "x").html.markup)
        #expect(bar.elements.first { $0.name == "progress" }?["value"] == "4")
        #expect(ProgressBar("p", done: 1, of: 0, unit: "x").html.markup.contains("1 x"))
    }
}
