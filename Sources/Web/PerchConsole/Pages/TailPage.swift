import PageKit
import Perch
import PerchOperating

/// `/tail/T`: what comes now? The last events of all partitions, as of each load.
enum TailPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/tail/{topic}", fields: ["type", "key"]) { visit in
            let topic = try visit.topic()
            let list = try EventList(topic, visit)
            let scan = try await list.look()
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page(
                    "Tail of \(topic.name)",
                    notices: visit.notices(of: scan.problems),
                    command: "perch tail \(topic.name)",
                    body: body(list, scan, snapshot, visit)
                )
            )
        }
    }

    private static func body(_ list: EventList, _ scan: EventScan, _ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let repeats = visit.query["every"] != nil
        let again = Link("Reload", to: visit.address())
        let other =
            repeats
            ? Link("Stop reloading", to: visit.address(setting: "every", to: nil))
            : Link("Reload every 5 seconds", to: visit.address(setting: "every", to: "5"))
        let table = EventTable.table(
            scan.events,
            snapshot,
            empty: "Nothing of what was looked at matches.",
            visit
        )
        // What somebody types is not taken away by a reload.
        let bar = repeats ? HTML.empty : list.bar.html
        let left = list.left(scan)
        let words: HTML =
            "The newest \(scan.events.count) of \(list.topic.name.rawValue), as of \(visit.clock.timeOfDay(visit.clock.now))."
        return bar + Paragraph("\(words) \(again) · \(other)" as HTML).html + left + table.html
    }
}
