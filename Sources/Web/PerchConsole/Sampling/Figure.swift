import Foundation
import PageKit
import Times

/// A number as a page shows it, and as a stream keeps it fresh: one text for both.
struct Figure: Sendable, Hashable {
    /// What a stream sends.
    let text: String
    /// What stands in a cell.
    let cell: CellValue

    /// Not known: `?`.
    static let unknown = Figure(text: "?", cell: .unknown)
    /// There is none: `–`.
    static let none = Figure(text: "–", cell: .none)

    private init(text: String, cell: CellValue) { (self.text, self.cell) = (text, cell) }

    /// Words.
    init(_ text: String) { (self.text, cell) = (text, .text(text)) }

    /// In full, thousands by comma; nil is not known.
    static func count(_ number: (some BinaryInteger)?) -> Figure {
        number.map { Figure(NumberText.count($0)) } ?? .unknown
    }

    /// Nil is not known.
    static func count(_ number: Double?) -> Figure {
        number.map { Figure(NumberText.count(Int64(clamping: $0))) } ?? .unknown
    }

    /// Events a second; nil is not known. Below ten with one digit after the point.
    static func rate(_ rate: Double?) -> Figure {
        guard let rate, rate.isFinite else { return .unknown }
        if rate <= 0 { return Figure("0") }
        let tenths = Int64(clamping: (rate * 10).rounded())
        return rate < 10 ? Figure("\(tenths / 10).\(tenths % 10)") : count(rate.rounded())
    }

    /// Whole seconds; nil is not known. Less than one is not zero.
    static func seconds(_ seconds: Double?) -> Figure {
        guard let seconds, seconds.isFinite else { return .unknown }
        return seconds > 0 && seconds < 1 ? Figure("<1") : count(Int64(clamping: seconds.rounded()))
    }

    static func == (left: Self, right: Self) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Int64 {
    /// The nearest there is.
    init(clamping number: Double) {
        guard number.isFinite else {
            self = 0
            return
        }
        self = number >= 9.2e18 ? .max : number <= -9.2e18 ? .min : Int64(number)
    }
}
