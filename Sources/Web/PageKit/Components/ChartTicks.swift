import Foundation

/// Round values beside an axis: 3 to 6 of them, zero among them, around all that is drawn.
struct ChartTicks {
    /// As decimal text, lowest first.
    let values: [String]
    let low: Double
    let high: Double
    /// Digits after the point that the values need.
    let digits: Int

    init(_ drawn: [Double]) {
        let known = drawn.filter(\.isFinite)
        let least = min(0, known.min() ?? 0)
        let most = max(0, known.max() ?? 0)
        let span = most > least ? most - least : 1
        let rough = span / 4
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { span / $0 <= 4.001 } ?? span
        let lowest = Int((least / step).rounded(.down))
        let highest = max(Int((most / step).rounded(.up)), lowest + 1)
        let exponent = Int(floor(log10(step) + 1e-9))
        digits = max(0, (step / power == 2.5 ? 1 : 0) - exponent)
        let places = digits
        values = (lowest...highest).map { String(format: "%.\(places)f", Double($0) * step) }
        low = Double(lowest) * step
        high = Double(highest) * step
    }
}
