import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the close of a day would do, in sentences, and the form that does it.
struct CloseDayView {
    let preview: PayDayPreview
    let zone: String
    /// What was typed to confirm it.
    var typed = ""
    var error: String?

    private var day: CalendarDate { preview.payments.day }
    private var today: CalendarDate { preview.today }

    /// Where it is, and where it is sent to.
    static func target(_ day: CalendarDate) -> LinkTarget { LinkTarget(["days", "\(day)", "close"]) ?? "/days" }

    /// `Close Friday 28 November`
    var heading: String { "Close \(day.heading(on: today))" }

    /// All of it: who gets what, what carries over, which days are closed with it, and where later entries go.
    var sentence: String {
        let payments = preview.payments
        let gets =
            payments.people == 0 ? "nobody gets anything" : "\(People.get(payments.people)) \(payments.total.pageText)"
        var sentences = ["\(heading) (\(zone)): \(gets)."]
        if preview.belowZero > 0 {
            sentences.append(
                "\(NumberText.count(preview.belowZero)) below zero \(preview.belowZero == 1 ? "carries" : "carry") over."
            )
        }
        if let earlier { sentences.append(earlier) }
        sentences.append("What comes later counts to \(preview.nextDay.words(on: today)).")
        return sentences.joined(separator: " ")
    }

    /// `Also 26 and 27 November, which are still open: 3 people, 61.10.`
    private var earlier: String? {
        guard let first = preview.earlier.first else { return nil }
        let days = CalendarDate.words(preview.earlier.map(\.day), on: today)
        let people = preview.earlier.reduce(0) { $0 + $1.people }
        let isOpen = preview.lastClosed.map { first.day > $0 } ?? true
        let state = "\(preview.earlier.count == 1 ? "is" : "are") \(isOpen ? "still open" : "not paid yet")"
        let total = preview.earlier.map(\.total).sum.pageText
        return "Also \(days), which \(state): \(people == 0 ? "nobody" : "\(People.count(people)), \(total)")."
    }

    private var consequences: [HTML] {
        let several: [HTML] =
            preview.earlier.isEmpty ? [] : ["Who has something coming for several of these days is counted for each."]
        return several + [
            "This cannot be undone: nothing counts to a day that is closed.",
            "These are the numbers of now: what comes before you press the button is paid, too.",
        ]
    }

    var field: FormField {
        FormField("confirm", "Type \(day) to confirm", value: typed, longest: 10, isRequired: true, error: error)
    }

    var notices: [Notice] {
        guard preview.isToday else { return [] }
        return [
            Notice(
                "The day is not over.",
                "It can be closed early: what else comes today counts to \(preview.nextDay.words(on: today))."
            )
        ]
    }

    /// - Parameter token: Of `target(_:)`.
    func body(token: String) -> ConfirmPage {
        let button = preview.people == 0 ? "Close the day" : "Pay \(People.count(preview.people))"
        let form = Form(Self.target(day), token: token, fields: [field], button: button, weight: .danger, back: "/days")
        return ConfirmPage("\(sentence)", facts: facts, consequences: consequences, form: form)
    }

    /// What each day pays, where there are several.
    private var facts: HTML {
        guard !preview.earlier.isEmpty else { return .empty }
        return DataTable(
            id: "payments",
            caption: "What each day pays",
            columns: [.init("Day"), .init("People", isNumber: true), .init("Total", isNumber: true)],
            rows: (preview.earlier + [preview.payments]).map { payments in
                [
                    .init(.text(payments.day.heading(on: today))), .init(.count(payments.people)),
                    .init(payments.total.cell),
                ]
            },
            sums: [.init("Together"), .init(.count(preview.people)), .init(preview.total.cell)]
        ).html
    }
}
