/// What a metric says: backends take HELP and TYPE from it, and `docs/telemetry.md` lists it.
public struct MetricDescription: Sendable, Hashable {
    /// How its values are to be read.
    public enum Kind: String, Sendable, Hashable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Durations, counted by their size.
        case histogram
    }

    /// The label in swift-metrics. Perch's are written as Prometheus has them, unit and `_total` included.
    public let label: String
    /// How its values are to be read.
    public let kind: Kind
    /// What one of it is: `events`, `seconds`.
    public let unit: String
    /// The names of its dimensions.
    public let dimensions: [String]
    /// One sentence: what it counts or measures.
    public let meaning: String
    /// When its value is counted, recorded or set.
    public let fires: String

    /// - Parameter meaning: One sentence; it becomes HELP.
    public init(
        _ label: String,
        _ kind: Kind,
        unit: String,
        dimensions: [String] = [],
        meaning: String,
        fires: String
    ) {
        self.label = label
        self.kind = kind
        self.unit = unit
        self.dimensions = dimensions
        self.meaning = meaning
        self.fires = fires
    }
}
