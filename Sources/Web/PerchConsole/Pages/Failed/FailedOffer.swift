import PageKit
import Perch
import PerchOperating

/// What can be done with all that match, and with what is ticked; or why it cannot.
struct FailedOffer {
    let query: FailedQuery
    let counts: [FailedEvent.State: Int]
    /// All databases have told.
    let isWhole: Bool
    let visit: Visit

    private var all: Int { counts.values.reduce(0, +) }
    private var retryable: Int { (counts[.failed] ?? 0) + (counts[.dead] ?? 0) }

    /// What the boxes are for.
    var ticked: [TickForm.Choice] {
        var choices: [TickForm.Choice] = []
        if visit.may(.retryFailed), retryable > 0 {
            choices.append(.init("Retry what is ticked…", to: "/failed/retry"))
        }
        if visit.may(.discardFailed) { choices.append(.init("Discard what is ticked…", to: "/failed/discard")) }
        return choices
    }

    /// - Parameter here: How many the page shows.
    func html(here: Int) -> HTML {
        let number = isWhole ? "all \(NumberText.count(all))" : "all (at least \(NumberText.count(all)))"
        var parts: [any Component] = []
        if retryable == 0 {
            parts.append(HTML("Held events have no retry: they follow the first of their key."))
        } else if visit.may(.retryFailed) {
            parts.append(Link("Retry…", to: query.target("failed", "retry"), label: "Retry… \(number)", isButton: true))
        } else {
            parts.append(HTML(Right.retryFailed.missing))
        }
        if visit.may(.discardFailed) {
            parts.append(
                Link("Discard…", to: query.target("failed", "discard"), label: "Discard… \(number)", isButton: true)
            )
        } else {
            parts.append(HTML(Right.discardFailed.missing))
        }
        let separated = parts.flatMap { [" " as HTML, $0.html] }
        return Paragraph("\(here) here · \(number) that match:\(HTML(separated))").html
    }
}
