/// A value that is made for a scrape, beside those that were recorded: a counter where its label ends with `_total`, else a
/// gauge.
public struct PrometheusSample: Sendable {
    let label: String
    let dimensions: [(String, String)]
    let value: Double

    /// - Parameters:
    ///   - label: As the text has it.
    ///   - dimensions: Names and values as they are, in a fixed order; they are escaped.
    public init(_ label: String, _ dimensions: [(String, String)], _ value: Double) {
        self.label = label
        self.dimensions = dimensions
        self.value = value
    }

    init(_ label: String, _ value: Double) { self.init(label, [], value) }
}
