package import Foundation

/// Amounts of days as bars over and under zero. It is a picture of a table that stands below it, which has the figures.
///
/// What is below zero differs by its side, its hatch and its sign, not by colour alone.
package struct BarChart: Component {
    /// One bar.
    package struct Bar: Sendable {
        let label: String
        let name: String
        let value: Decimal
        let isSoFar: Bool

        /// - Parameters:
        ///   - label: Short, for the axis: `28 Nov`.
        ///   - name: Whole, for its title: `Friday 28 November`.
        ///   - isSoFar: Still growing: it is drawn hatched. Default: it stays as it is.
        package init(_ label: String, name: String? = nil, _ value: Decimal, isSoFar: Bool = false) {
            (self.label, self.name, self.value, self.isSoFar) = (label, name ?? label, value, isSoFar)
        }
    }

    private let id: String
    private let title: String
    private let unit: String?
    private let bars: [Bar]
    private let digits: Int

    /// - Parameters:
    ///   - id: Of this chart on its page.
    ///   - bars: In the order in which they stand, oldest first.
    ///   - digits: After the point. Default 2.
    package init(id: String, title: String, unit: String? = nil, bars: [Bar], digits: Int = 2) {
        (self.id, self.title, self.unit, self.bars, self.digits) = (id, title, unit, bars, digits)
    }

    /// Its markup: a wide drawing and a narrow one, of which the width of the screen shows one.
    package var html: HTML {
        Template.chart.render([
            "title": .text(title), "unit": .optional(unit), "isEmpty": .flag(bars.isEmpty),
            "description": .text(description),
            "wide": .html(drawing(width: 720, height: 260, most: 10)),
            "narrow": .html(drawing(width: 328, height: 220, most: 4)),
        ])
    }

    /// All of it in a sentence.
    var description: String {
        let values = bars.map(\.value)
        guard let first = bars.first, let last = bars.last, let least = values.min(), let most = values.max() else {
            return "There is nothing to show yet."
        }
        let range = "\(first.name) to \(last.name): \(text(least)) to \(text(most))"
        return last.isSoFar ? "\(range), \(last.name) so far \(text(last.value))" : range
    }

    private func text(_ value: Decimal) -> String { NumberText.amount(value, digits: digits) }

    private func drawing(width: Double, height: Double, most labels: Int) -> HTML {
        let ticks = ChartTicks(bars.map { $0.value.double })
        let texts = ticks.values.map { NumberText.amount(Decimal(string: $0) ?? 0, digits: ticks.digits) }
        let left = 12 + 7 * Double(texts.map(\.count).max() ?? 1)
        let (top, bottom) = (8.0, height - 24)
        func y(_ value: Double) -> Double { bottom - (bottom - top) * (value - ticks.low) / (ticks.high - ticks.low) }
        let slot = (width - left - 4) / Double(max(1, bars.count))
        let thickness = max(2, min(28, slot * 0.7))
        let every = max(1, (bars.count + labels - 1) / labels)
        let kind = width > 400 ? "large" : "small"
        let zero = y(0)
        return Template.chartDrawing.render([
            "id": .text("\(id)-\(kind)"), "kind": .text(kind), "title": .text(title), "description": .text(description),
            "width": .html(number(width)), "height": .html(number(height)), "left": .html(number(left)),
            "right": .html(number(width - 4)), "zero": .html(number(zero)), "labelX": .html(number(left - 8)),
            "baseline": .html(number(height - 6)),
            "ticks": .list(
                zip(ticks.values, texts).map { value, text in
                    let place = y(Double(value) ?? 0)
                    return ["y": .html(number(place)), "textY": .html(number(place + 4)), "text": .text(text)]
                }
            ),
            "bars": .list(
                bars.enumerated().map { index, bar in
                    let value = bar.value.double
                    let place = y(value)
                    let x = left + slot * Double(index) + (slot - thickness) / 2
                    // From the last one back, so that it always has its date.
                    let isLabelled = (bars.count - 1 - index) % every == 0
                    let middle = min(max(x + thickness / 2, left + 18), width - 22)
                    return [
                        "x": .html(number(x)), "y": .html(number(min(place, zero))),
                        "thickness": .html(number(thickness)), "length": .html(number(max(1, abs(place - zero)))),
                        "fill": .text(bar.isSoFar ? "sofar" : value < 0 ? "below" : "above"),
                        "pattern": .optional(bar.isSoFar ? "sofar" : value < 0 ? "below" : nil),
                        "name": .text("\(bar.name): \(text(bar.value))\(bar.isSoFar ? " so far" : "")"),
                        "label": .optional(isLabelled ? bar.label : nil), "middle": .html(number(middle)),
                    ]
                }
            ),
        ])
    }

    private func number(_ number: Double) -> HTML {
        let rounded = (number * 10).rounded() / 10
        return HTML(markup: Int(exactly: rounded).map { String($0) } ?? String(rounded))
    }
}

extension Decimal {
    fileprivate var double: Double {
        let number = NSDecimalNumber(decimal: self).doubleValue
        return number.isFinite ? number : 0
    }
}
