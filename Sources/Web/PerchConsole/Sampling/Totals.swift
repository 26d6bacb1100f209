import Perch
import PerchOperating

/// The numbers of the whole system, of one look at it. What not all servers told is nil.
struct Totals: Sendable {
    private var values: [History.Total: Double] = [:]

    init(topics: [TopicStatus], groups: [GroupReport]) {
        let rows = GroupRow.rows(of: groups)
        values[.published] = Self.sum(topics.map(\.lastPosition))
        values[.effects] = Self.sum(rows.map(\.effects))
        values[.oldest] = Self.known(rows.map { $0.oldestSeconds })?.max() ?? (rows.isEmpty ? 0 : nil)
        values[.waiting] = Self.sum(topics.map { $0.waiting.map(Double.init) })
        values[.failed] = Self.sum(rows.map { $0.failed.map(Double.init) })
        values[.held] = Self.sum(rows.map { $0.held.map(Double.init) })
        values[.dead] = Self.sum(rows.map { $0.dead.map(Double.init) })
        values[.workers] = Self.sum(groups.map { $0.workers.map { Double($0.count(where: \.isLive)) } })
    }

    subscript(total: History.Total) -> Double? { values[total] }

    /// Nil where one of them is not known.
    private static func known(_ values: [Double?]) -> [Double]? {
        let known = values.compactMap(\.self)
        return known.count == values.count ? known : nil
    }

    private static func sum(_ values: [Double?]) -> Double? { known(values)?.reduce(0, +) }
}
