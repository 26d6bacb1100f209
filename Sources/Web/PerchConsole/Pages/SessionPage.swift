import Foundation
import HTTPTypes
import PageKit
import Times

/// `/session`: who am I here, what may I, and whose clock do I read?
enum SessionPage {
    private static let year = 31_536_000

    static func add(to routes: inout ConsoleRoutes) {
        addKeys(to: &routes)
        routes.page("/session") { visit in Answer(page(visit, zone: nil, error: nil)) }
        routes.form("/session/zone", .look) { visit, fields in
            let other = (fields["other"] ?? "").trimmingCharacters(in: .whitespaces)
            switch fields["zone"] {
            case "local":
                // The browser tells its own at the next page.
                return .kept([cookie("tz-by", "", 0), cookie("tz", "", 0)], "/session")
            case "utc": return .kept(chosen("UTC"), "/session")
            case "other" where PageClock(zoneName: other).zone != .gmt: return .kept(chosen(other), "/session")
            case "other":
                let error = "“\(VisibleText.of(other.prefix(64)))” names no zone: write one such as Europe/Berlin"
                return .page(page(visit, zone: ("other", other), error: error), .unprocessableContent)
            default: return .page(page(visit, zone: nil, error: "Choose one"), .unprocessableContent)
            }
        }
    }

    private static func addKeys(to routes: inout ConsoleRoutes) {
        routes.form("/session/keys", .look) { _, fields in
            .kept([cookie("keys", "off", fields["keys"] == "off" ? year : 0)], "/session")
        }
    }

    /// A script of the page tells the browser's zone unless one was chosen, so scripts may read both.
    private static func chosen(_ name: String) -> [String] {
        [cookie("tz-by", "choice", year), cookie("tz", name, year)]
    }

    private static func cookie(_ name: String, _ value: String, _ seconds: Int) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(seconds); SameSite=Lax; Secure"
    }

    private static func page(_ visit: Visit, zone typed: (String, String)?, error: String?) -> Page {
        let fields = fields(visit, typed, error)
        let action: LinkTarget = "/session/zone"
        let form = Form(action, token: visit.token(for: action), fields: fields, button: "Show times so")
        return visit.page(
            "Session",
            errors: error == nil ? nil : ErrorSummary(of: fields),
            body: HTML([
                Facts([
                    ("Name", .text(visit.viewer.name)), ("Role", .text(visit.viewer.role.rawValue)),
                    ("Now", .text(visit.clock.exact(visit.clock.now))),
                ]),
                Section("Time zone", [form]), Section("Keys", id: "keys", keys(visit)),
                Section("Rights", [rights(visit)]), Section("Leaving", [leaving(visit)]),
            ])
        )
    }

    private static func fields(_ visit: Visit, _ typed: (String, String)?, _ error: String?) -> [FormField] {
        let zone = visit.clock.zone
        let current = !visit.hasChosenZone ? "local" : zone == .gmt ? "utc" : "other"
        let choice = typed?.0 ?? current
        let isOther = choice == "other"
        return [
            FormField(
                "zone",
                "Show times",
                .radios([
                    .init("local", "As this browser’s clock", hint: "Without JavaScript: in UTC."),
                    .init("utc", "In UTC"),
                    .init("other", "In the zone below"),
                ]),
                value: choice,
                error: isOther ? nil : error
            ),
            FormField(
                "other",
                "Zone",
                value: typed?.1 ?? (isOther ? zone.identifier : ""),
                hint: "Such as Europe/Berlin",
                longest: 64,
                error: isOther ? error : nil
            ),
        ]
    }

    private static func keys(_ visit: Visit) -> [any Component] {
        let pages = ConsoleFrame.pages.map { "\($0.key) \($0.words)" }.joined(separator: ", ")
        let action: LinkTarget = "/session/keys"
        let form = Form(
            action,
            token: visit.token(for: action),
            fields: [FormField("keys", "", .hidden, value: visit.hasKeys ? "off" : "on")],
            button: visit.hasKeys ? "Switch the keys off" : "Switch the keys on",
            weight: .secondary
        )
        guard visit.hasKeys else { return [Paragraph("They are switched off in this browser."), form] }
        return [
            Facts([
                ("/", "to the search"), ("g and a letter", .text("to a page: \(pages)")),
                ("p", "pauses a page that is live, or resumes it"),
                ("j, k, x", "to the next row that can be ticked, to the one before, ticks it"), ("?", "to this list"),
            ]), Paragraph("None of them changes anything."), form,
        ]
    }

    private static func rights(_ visit: Visit) -> DataTable {
        DataTable(
            id: "rights",
            caption: "Rights of the roles",
            isCaptionHidden: true,
            columns: [.init("Right")] + Role.allCases.map { .init($0.rawValue.capitalized) } + [.init("You")],
            rows: Right.allCases.map { right in
                let roles = Role.allCases.map { DataTable.Cell($0 >= right.least ? "yes" : .none) }
                let name = right.rawValue.replacing("_", with: " ")
                return [.init(.text(name))] + roles + [.init(visit.may(right) ? "yes" : .none)]
            }
        )
    }

    private static func leaving(_ visit: Visit) -> HTML {
        guard visit.parts.login.canLogOut else {
            return Paragraph(
                "Nobody logs in by name here. The session ends after twelve hours, and when the console is started again."
            ).html
        }
        let action: LinkTarget = "/logout"
        return Form(action, token: visit.token(for: action), button: "Log out", weight: .secondary).html
    }
}
