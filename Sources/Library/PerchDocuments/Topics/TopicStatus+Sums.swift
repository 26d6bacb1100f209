import Perch
package import PerchOperating

extension [TopicStatus] {
    /// Each once.
    package var problems: [ServerProblem] {
        reduce(into: []) { known, status in known += status.problems.filter { !known.contains($0) } }
    }
}

extension TopicStatus {
    package var length: Int64? { sum(\.length) }
    package var events: Int64? { sum { $0.length == nil ? nil : $0.last?.position ?? 0 } }
    package var missing: Int64? { sum { $0.length == nil ? nil : $0.missing ?? 0 } }
    package var rate: Double? {
        let rates = partitions.compactMap(\.rate)
        return rates.isEmpty ? nil : rates.reduce(0, +)
    }

    private func sum(_ value: (PartitionStatus) -> Int64?) -> Int64? {
        let values = partitions.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}
