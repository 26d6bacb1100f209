import PageKit
import Perch
import PerchOperating
import Times

/// The rows of the list.
struct FailedTable: Component {
    let rows: [FailedList.Row]
    /// Each row has a box, for what can be done with some of them.
    let hasBoxes: Bool
    let visit: Visit

    var html: HTML {
        DataTable(
            id: "failed",
            caption: "Failed events",
            isCaptionHidden: true,
            columns: [
                .init("Event"), .init("State"), .init("Type"), .init("Key"),
                .init("Attempts", unit: "#", isNumber: true),
                .init("Failed"), .init("Next"), .init("Error"),
            ],
            rows: rows.map(cells)
        ).html
    }

    private func cells(_ row: FailedList.Row) -> [DataTable.Cell] {
        let event = row.event
        let name = "\(row.group)/\(event.id)"
        let link = FailedWords.link(row.group, event.id)
        let box = hasBoxes ? Tick("id", name, label: "Choose \(name)").html : .empty
        let trace = Places.trace(key: event.delivery.subject)
        return [
            .init(.html(box + link.html)), .init(.component(FailedWords.badge(event.state))),
            .init(.text("\(event.delivery.type)/\(event.delivery.version)")),
            .init(.component(Link(HTML(event.delivery.subject), to: trace))), .init(.count(event.attempts)),
            .init(.component(TimeText(event.failedAt, visit.clock))), .init(next(row)),
            .init(.text(FailedWords.line(event.error))),
        ]
    }

    private func next(_ row: FailedList.Row) -> CellValue {
        switch row.event.state {
        case .dead: "when somebody decides"
        case .held: row.leader.map { .html("follows \(FailedWords.link(row.group, $0))") } ?? "follows"
        case .failed: row.event.nextAttempt.map { .component(TimeText($0, visit.clock)) } ?? .none
        }
    }
}
