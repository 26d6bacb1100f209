import PageKit
import Times

/// The numbers of the whole system, each with how it went and the page that has its parts.
enum OverviewStats {
    struct Entry: Sendable {
        let name: String
        let label: String
        var unit: String?
        let figure: Figure
        let points: [Double?]
        let target: LinkTarget

        var key: String { "overview/\(name)" }
        var lineKey: String { "overview/\(name)/line" }

        func stat(at time: Timestamp) -> Stat {
            let now = [figure.text, unit].compactMap(\.self).joined(separator: " ")
            return Stat(
                label,
                figure.cell,
                unit: unit,
                sparkline: Sparkline("\(label), last 30 minutes, now \(now)", points, live: LiveKey(lineKey)),
                to: target,
                live: LiveKey(key)
            )
        }
    }

    static func entries(of snapshot: SystemSnapshot) -> [Entry] {
        let totals = Totals(topics: snapshot.topics, groups: snapshot.groups)
        func flow(_ total: History.Total, _ label: String, to target: LinkTarget) -> Entry {
            let series = snapshot.history[.total(total)]
            return Entry(
                name: total.rawValue,
                label: label,
                unit: "events/s",
                figure: totals[total] == nil
                    ? .unknown : .rate(series.rate(over: .seconds(60), until: snapshot.time)),
                points: series.rates(until: snapshot.time),
                target: target
            )
        }
        func level(
            _ total: History.Total,
            _ label: String,
            unit: String? = nil,
            _ figure: Figure? = nil,
            to target: LinkTarget
        ) -> Entry {
            Entry(
                name: total.rawValue,
                label: label,
                unit: unit,
                figure: figure ?? .count(totals[total]),
                points: snapshot.history[.total(total)].points(until: snapshot.time),
                target: target
            )
        }
        return [
            flow(.published, "Published", to: "/topics"), flow(.effects, "Taken effect", to: "/groups"),
            level(.oldest, "Oldest unprocessed", unit: "s", .seconds(totals[.oldest]), to: "/groups?sort=oldest"),
            level(.waiting, "Waiting in outboxes", to: "/topics"),
            level(.failed, "Failed, tried again", to: "/failed?state=failed"),
            level(.held, "Held behind those", to: "/failed?state=held"),
            level(.dead, "Dead letters", to: "/failed?state=dead"),
            level(.workers, "Workers alive", workers(totals, snapshot), to: "/workers"),
        ]
    }

    /// Alive of those that are known: the silent ones are, too, and those that left a short while ago.
    private static func workers(_ totals: Totals, _ snapshot: SystemSnapshot) -> Figure {
        guard let alive = totals[.workers] else { return .unknown }
        let known = snapshot.workers.count + snapshot.gone.count
        return Figure("\(NumberText.count(Int64(clamping: alive))) of \(NumberText.count(known))")
    }
}
