/// How a number went, as a small line without axes. Points that are not known are gaps.
package struct Sparkline: Component {
    private static let (width, height) = (96.0, 24.0)

    private let label: String
    private let points: [Double?]
    private let highest: Double?
    private let live: LiveKey?

    /// - Parameters:
    ///   - label: Says all that the line shows: `Lag, last 30 minutes, now 12`.
    ///   - points: Oldest first. What is not finite is not known.
    ///   - highest: What the top of the drawing stands for, so that lines of one page can be compared. Default: the highest point.
    ///   - live: Keeps the line fresh: its values are what `path(of:highest:)` gives.
    package init(_ label: String, _ points: [Double?], highest: Double? = nil, live: LiveKey? = nil) {
        (self.label, self.points, self.highest, self.live) = (label, points, highest, live)
    }

    /// Its markup.
    package var html: HTML {
        Template.sparkline.render([
            "label": .text(label), "path": .text(Self.path(of: points, highest: highest)),
            "live": .optional(live?.description),
        ])
    }

    /// The line as data of an SVG path; empty where no point is known.
    package static func path(of points: [Double?], highest: Double? = nil) -> String {
        let known = points.compactMap(\.self).filter(\.isFinite)
        guard let most = known.max() else { return "" }
        let top = max(highest ?? most, most, .leastNormalMagnitude)
        let step = points.count > 1 ? width / Double(points.count - 1) : 0
        var path = ""
        var isDrawing = false
        for (index, point) in points.enumerated() {
            guard let point, point.isFinite else {
                isDrawing = false
                continue
            }
            let place = (x: Double(index) * step, y: 1 + (height - 2) * (1 - max(0, point) / top))
            path += "\(isDrawing ? "L" : "M")\(short(place.x)) \(short(place.y))"
            // One point alone is a dot: a line as long as nothing, with round ends.
            if !isDrawing { path += "h0" }
            isDrawing = true
        }
        return path
    }

    private static func short(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
}
