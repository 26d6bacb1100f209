/// Something to measure: what both sides do, and what they find.
struct Workload: Sendable {
    /// A part of the results: a heading and a table.
    enum Section: String, CaseIterable {
        case consuming, hot, rounds, publishing, relaying, whole, latency, growth, idle

        var title: String {
            switch self {
            case .consuming: "Consuming"
            case .hot: "Consuming, all partitions about the same accounts"
            case .rounds: "Small rounds"
            case .publishing: "Publishing"
            case .relaying: "Relaying"
            case .whole: "The whole way"
            case .latency: "Latency"
            case .growth: "Growth"
            case .idle: "Idle"
            }
        }
    }

    let section: Section
    /// What the table shows; unique.
    let name: String
    var options: SideOptions
    var scene = Scene()
    /// Part of `--quick`.
    var isQuick = false
    /// Fewer pairs than asked for, where one takes long.
    var mostPairs = Int.max

    /// With the part it belongs to.
    var title: String { "\(section.rawValue): \(name)" }

    /// Whether its instructions can be counted: as many events as are asked for, as fast as it goes, and no waiting in a loop.
    static func counted(_ workload: Workload) -> Bool {
        switch workload.section {
        case .consuming: workload.options.handler != .none && workload.options.workers <= 2
        case .hot: workload.options.workers <= 2
        case .publishing: workload.options.connections == 1
        case .relaying: true
        case .rounds, .whole, .latency, .growth, .idle: false
        }
    }

    /// Rows of the ledger that are expected in the end; nil where events take no effect.
    var ledgerRows: Int? {
        switch options.job {
        case .consume: options.handler == .none ? nil : scene.ledgerRows + options.events
        case .whole, .latency: options.events
        case .publish, .relay, .idle: nil
        }
    }

    /// All, in the order of the results.
    ///
    /// - Parameters:
    ///   - events: how many a run of a throughput has, more or less.
    ///   - isQuick: as few and as small as say whether all of it works.
    static func all(events: Int, isQuick: Bool) -> [Workload] {
        let all =
            consuming(events) + hot(events) + rounds(events) + publishing(events) + relaying(events) + whole(events)
            + latency(isQuick: isQuick) + growth(isQuick: isQuick) + idle(isQuick: isQuick)
        return isQuick ? all.filter(\.isQuick) : all
    }
}
