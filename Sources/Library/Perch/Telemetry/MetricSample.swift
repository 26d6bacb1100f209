/// A value of a gauge that is made when somebody asks, rather than recorded.
public struct MetricSample: Sendable, Hashable {
    /// The label of its `MetricDescription`.
    public let label: String
    /// Names and values, in a fixed order.
    public let dimensions: [Dimension]
    /// The value.
    public let value: Double

    /// A name with its value.
    public struct Dimension: Sendable, Hashable {
        /// The dimension's name.
        public let name: String
        /// Its value.
        public let value: String

        /// Both as they are; the backend escapes them.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// - Parameter dimensions: In the order of the description.
    public init(_ label: String, _ dimensions: [Dimension], _ value: Double) {
        self.label = label
        self.dimensions = dimensions
        self.value = value
    }
}
