/// A number that matters, with its name.
package struct Stat: Sendable {
    let label: String
    let value: CellValue
    let unit: String?
    let note: HTML?
    let sparkline: Sparkline?
    let target: LinkTarget?
    let live: LiveKey?

    /// - Parameters:
    ///   - value: Most often a number in words of its own: `NumberText.count(12304)`.
    ///   - unit: `s`, `events/s`
    ///   - note: A few words below.
    ///   - target: What it leads to.
    ///   - live: Keeps the value fresh.
    package init(
        _ label: String,
        _ value: CellValue,
        unit: String? = nil,
        note: HTML? = nil,
        sparkline: Sparkline? = nil,
        to target: LinkTarget? = nil,
        live: LiveKey? = nil
    ) {
        (self.label, self.value, self.unit, self.note) = (label, value, unit, note)
        (self.sparkline, self.target, self.live) = (sparkline, target, live)
    }
}
