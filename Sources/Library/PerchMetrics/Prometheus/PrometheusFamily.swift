/// What a family of metrics says: HELP and TYPE of the text format come from it.
public struct PrometheusFamily: Sendable, Hashable {
    /// How its values are to be read.
    public enum Kind: String, Sendable, Hashable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Durations, counted by their size.
        case histogram
    }

    /// The label in swift-metrics.
    public let label: String
    /// How its values are to be read.
    public let kind: Kind
    /// One sentence: what it counts or measures.
    public let help: String

    /// - Parameter help: One sentence.
    public init(_ label: String, _ kind: Kind, help: String) {
        self.label = label
        self.kind = kind
        self.help = help
    }

    /// What it is called in the text.
    public var name: String { PrometheusName.family(label, kind) }
}
