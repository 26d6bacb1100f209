import Foundation
import Times

/// Made-up things to show components with.
struct StyleguideSamples {
    static let now = Timestamp("2026-11-30T16:20:04.123Z") ?? .now
    static let keys: Set<LiveKey> = ["rate", "oldest", "lag", "lag/line", "done", "done/words", "seen"]

    let clock: PageClock
    let frame: PageFrame
    let isLive: Bool

    static func frame(_ sample: Styleguide.Sample) -> PageFrame {
        if sample == .plain { return PageFrame(program: "Samples", home: "/styleguide") }
        let logout = Form("/styleguide", token: "none", button: "Log out", weight: .secondary)
        var frame = PageFrame(
            program: "Samples",
            home: "/styleguide",
            context: Badge("production", .danger),
            tint: .red,
            navigation: Styleguide.Sample.allCases.map { each in
                PageFrame.Item(
                    each.rawValue.capitalized,
                    to: LinkTarget(path: Styleguide.path(of: each)) ?? "/styleguide",
                    isCurrent: each == sample
                )
            },
            search: PageFrame.Search("Key, event id or entry id", "/styleguide"),
            person: PageFrame.Person("Ann Popović", role: "admin", to: "/styleguide", logout: logout)
        )
        frame.keys = "/styleguide"
        frame.focusesHeading = sample == .confirm
        return frame
    }

    func time(_ seconds: Int) -> TimeText { TimeText(Self.now + .seconds(-seconds), clock) }

    // MARK: Pages

    var components: Page {
        Page(
            frame,
            heading: "Groups",
            context: "production",
            asOf: AsOf(
                Self.now,
                clock,
                stream: isLive ? "/styleguide/live" : nil,
                again: isLive ? "/styleguide" : "/styleguide?live=off",
                other: isLive ? "/styleguide?live=off" : "/styleguide"
            ),
            message: Message("Closed \(Link("Mend the coop", to: "/styleguide")). The reward comes in a moment."),
            notices: [
                Notice(
                    "Redis does not answer since 17:08.",
                    "Lag is told by the logs of the owners; rates are not known."
                )
            ],
            command: "perch groups --context production",
            body: HTML([
                Section("Numbers", [stats]), Section("Filter and table", [tabs, filter, table, pager]),
                Section("Words", [badges, messages]), Section("Times and ids", [times]),
                Section("Chart", [chart, chartTable]), Section("Cards", [cards]), Section("Timeline", [timeline]),
                Section("Progress", [progress]), Section("Facts, data, more", [facts, code, lines, disclosure]),
            ])
        )
    }

    var form: Page {
        let fields = [
            FormField("title", "Title", value: "", longest: 500, isRequired: true, error: "Write a title"),
            FormField("description", "Description", .lines(rows: 3), value: "The door <sticks>", hint: "Plain text."),
            FormField(
                "count",
                "How many events",
                .number,
                value: "fifteen",
                isRequired: true,
                error: "Write a number: 15"
            ),
            FormField(
                "role",
                "Role",
                .radios([
                    .init("employee", "Employee", hint: "Gets tickets, and is paid for them."),
                    .init("admin", "Admin", hint: "May do everything."),
                ]),
                value: "employee",
                error: "Choose a role"
            ),
            FormField("zone", "Zone", .select([.init("local", "As this machine"), .init("utc", "UTC")]), value: "utc"),
            FormField(
                "email",
                "E-mail",
                .email,
                value: "ann@popug.example",
                autocomplete: "username",
                isRequired: true
            ),
            FormField(
                "password",
                "Password",
                .password,
                value: "secret",
                autocomplete: "current-password",
                isRequired: true,
                canBeShown: true
            ),
            FormField("day", "Day", .date, value: "2026-11-28", isRequired: true),
            FormField("agreed", "I have read what it does", .check, value: "on", hint: "It cannot be undone."),
        ]
        return Page(
            frame,
            heading: "New ticket",
            errors: ErrorSummary(of: fields),
            body: Form(
                "/styleguide/form",
                token: "none",
                id: "0190",
                fields: fields,
                button: "Create ticket",
                back: "/styleguide"
            ).html
        )
    }

    var confirm: Page {
        let counts = DataTable(
            id: "counts",
            caption: "What is discarded",
            columns: [
                .init("Group"), .init("Dead", unit: "#", isNumber: true), .init("Failed", unit: "#", isNumber: true),
            ],
            rows: [
                [.init("accounting"), .init(.count(3)), .init(.count(12))],
                [.init("analytics"), .init(.count(0)), .init(.none)],
            ],
            sums: [.init("All"), .init(.count(3)), .init(.count(12))]
        )
        let form = Form(
            "/styleguide/confirm",
            token: "none",
            fields: [
                FormField("reason", "Reason", isRequired: true),
                FormField("number", "Type 15 to confirm", .number, isRequired: true),
            ],
            button: "Discard 15 events in production",
            weight: .danger,
            back: "/styleguide"
        )
        return Page(
            frame,
            heading: "Discard events?",
            context: "production",
            body: ConfirmPage(
                "Discard \(15) events of accounting for good?",
                facts: counts.html,
                consequences: [
                    "They never take effect in accounting.", "\(40) events behind them go on.",
                    "The record keeps their data.",
                ],
                form: form,
                command: "perch failed discard accounting --all --reason '…'"
            ).html
        )
    }

    var hostile: Page {
        let mark = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{title}} \u{202E}gnp.exe"
        let long = String(repeating: "Wort", count: 125)
        let large = String(repeating: "<&>\"'", count: 13_107)
        let field = FormField("f", mark, value: mark, hint: mark, error: mark)
        return Page(
            frame,
            heading: mark,
            message: Message(HTML(mark)),
            notices: [Notice(mark, HTML(long))],
            errors: ErrorSummary(of: [field]),
            command: mark,
            body: HTML([
                Stats([Stat(mark, .text(long), unit: mark), Stat("Large", .count(UInt64.max))]),
                DataTable(
                    id: "h",
                    caption: mark,
                    columns: [.init(mark), .init(long, unit: mark), .init("Number", isNumber: true)],
                    rows: [
                        [.init(.text(mark)), .init(.text(long)), .init(.count(9_007_199_254_740_993 as Int64))],
                        [.init(.text(long)), .init(.text(mark)), .init(.count(Int64.min))],
                    ]
                ),
                Cards([.init(mark, to: "/styleguide", facts: HTML(long))], empty: ""),
                Timeline([.init(HTML(mark), lane: mark, state: Badge(mark, .danger), HTML(long), detail: HTML(mark))]),
                Form("/styleguide", token: mark, fields: [field], button: mark), Copied(id: mark), Copied(key: long),
                BarChart(
                    id: "hc",
                    title: mark,
                    unit: mark,
                    bars: [.init(mark, Decimal(string: "-0.5") ?? 0), .init(long, 1)]
                ),
                Sparkline(mark, [.nan, .infinity, -3, nil, 4]),
                ProgressBar(mark, done: UInt64.max, of: UInt64.max, unit: mark), Code("\(mark) 64 KiB", large),
                Lines("\(mark)\n\(long)"),
                Disclosure(mark, HTML(mark)), Facts([(mark, .text(long))]), Badge(long),
                Tabs(mark, [.init(mark, count: Int.max, to: "/styleguide")]),
                FilterBar(mark, "/styleguide", fields: [], conditions: [.init(mark, without: "/styleguide")]),
                Link(HTML(mark), to: LinkTarget([mark], query: [(mark, mark)]) ?? "/", label: mark),
            ])
        )
    }

    var empty: Page {
        Page(
            frame,
            heading: "My tickets",
            body: HTML([
                Cards([], empty: "You have no ticket. An admin makes one, and it may be yours by lot."),
                DataTable(
                    id: "none",
                    caption: "Failed events",
                    columns: [.init("Id"), .init("Type"), .init("Attempts", unit: "#", isNumber: true)],
                    rows: [],
                    empty: "Nothing matches. \(Link("All failed events", to: "/styleguide"))"
                ),
                BarChart(id: "nothing", title: "Earned a day", bars: []),
            ])
        )
    }

    var plain: Page {
        Page(frame, heading: "Not here", body: "There is no page at this address.")
    }
}
