import Perch
import PerchDocuments
import PerchOperating

/// The numbers of the whole system, of one look at it. What not all servers told is nil.
struct Totals: Sendable {
    private var values: [History.Total: Double] = [:]

    init(topics: [TopicStatus], groups: [GroupReport]) {
        let rows = GroupLine.lines(of: groups)
        values[.published] = Self.sum(topics.map(\.lastPosition))
        values[.effects] = Self.sum(rows.map(\.effects))
        // A group that never ran waits for nothing yet.
        let begun = rows.filter { !$0.hasNeverRun }
        values[.oldest] = Self.known(begun.map { $0.oldestSeconds }).map { $0.max() ?? 0 }
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
