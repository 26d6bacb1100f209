import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/`: is anything wrong, and where?
enum OverviewPage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/") { visit in
            let snapshot = await visit.parts.sampler.current()
            return Answer(
                visit.page("Overview", of: snapshot, command: "perch doctor", body: body(snapshot, visit))
            ) { try JSONOutput.text(OverviewDocument(snapshot, visit)) }
        }
    }

    @Sendable static func addLive(_ snapshot: SystemSnapshot, _ values: inout [LiveKey: String]) {
        for entry in OverviewStats.entries(of: snapshot) {
            values.set(entry.key, entry.figure)
            values[LiveKey(entry.lineKey)] = Sparkline.path(of: entry.points)
        }
    }

    private static func body(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        guard !visit.parts.connections.contract.topics.isEmpty else {
            return Paragraph(
                """
                The contract has no topic yet. A file streams/NAME.yaml declares one: who owns it, which field is its key, \
                how many partitions it has, which groups read it, and its events.
                """
            ).html
        }
        var parts: [any Component] = [banner(snapshot, visit)]
        parts.append(Stats(OverviewStats.entries(of: snapshot).map { $0.stat(at: snapshot.time) }).html)
        if snapshot.time - snapshot.history.since < Series.span {
            let since = TimeText(snapshot.history.since, visit.clock)
            let words: HTML = "Lines are of the last 30 minutes; this console has looked since its start, \(since)."
            parts.append(Paragraph(words))
        }
        let needs = OverviewNeeds.cards(of: snapshot, visit.clock)
        if !needs.isEmpty {
            parts.append(Section("Needs you", [Cards(needs, empty: .empty, isBelowHeading: true)]))
        }
        return HTML(parts)
    }

    /// The worst that the doctor has found.
    private static func banner(_ snapshot: SystemSnapshot, _ visit: Visit) -> HTML {
        let doctor = Link("Doctor", to: "/doctor")
        guard let diagnosis = snapshot.diagnosis else {
            return Notice("The doctor is looking", "What it finds is here in a moment. \(doctor)", .info).html
        }
        let looked: HTML = "It looked \(TimeText(diagnosis.time, visit.clock))."
        let found = diagnosis.findings.filter { $0.severity != .fine }
        guard let worst = found.first(where: { $0.severity == .problem }) ?? found.first else {
            return Notice("All well", "The doctor found nothing to do. \(looked)", .ok).html
        }
        let others = found.count - 1
        let more: HTML = others == 0 ? "" : "And \(others) more. "
        let help = visit.help(on: worst.finding)
        return Notice(
            "\(help.subject):",
            "\(help.message). \(more)\(looked) \(doctor)",
            worst.severity == .problem ? .danger : .warning
        ).html
    }
}
