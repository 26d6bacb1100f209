import Foundation
import Times

extension StyleguideSamples {
    private var line: [Double?] {
        (0..<60).map { (minute: Int) -> Double? in
            if minute == 20 || minute == 21 { return nil }
            let wave = sin(Double(minute) / 6)
            return 40 + 30 * wave + Double(minute % 7)
        }
    }

    var stats: any Component {
        Stats([
            Stat(
                "Published",
                .count(184),
                unit: "events/s",
                sparkline: Sparkline("Published, last 30 minutes, now 184", line),
                live: "rate"
            ),
            Stat("Oldest unprocessed", .count(12), unit: "s", to: "/styleguide", live: "oldest"),
            Stat("Failed · held · dead", "12 · 40 · 3", note: "3 wait for somebody", to: "/styleguide"),
            Stat("Balance", .text(NumberText.amount(Decimal(string: "-1234.5") ?? 0))),
            Stat("Waiting in outboxes", .unknown), Stat("Ever", .count(9_007_199_254_740_993 as Int64)),
        ])
    }

    var tabs: any Component {
        Tabs(
            "State",
            [
                .init("Dead", count: 3, to: "/styleguide", isCurrent: true),
                .init("Failed", count: 12_304, to: "/styleguide?state=failed"),
                .init("Held", to: "/styleguide?state=held"),
            ]
        )
    }

    var filter: any Component {
        FilterBar(
            "Failed events",
            "/styleguide",
            fields: [
                FormField(
                    "group",
                    "Group",
                    .select([.init("", "All"), .init("accounting", "accounting")]),
                    value: "accounting"
                ),
                FormField("key", "Key", .search), FormField("error", "Error contains", .search, value: "timeout"),
            ],
            conditions: [
                .init("Group: accounting", without: "/styleguide?error=timeout"),
                .init("Error: timeout", without: "/styleguide?group=accounting"),
            ]
        )
    }

    var table: any Component {
        let states = [
            Badge("running", .ok), Badge("falling behind", .warning), Badge("paused", .info),
            Badge("nobody runs it", .danger),
        ]
        let rows = states.enumerated().map { index, state -> [DataTable.Cell] in
            [
                .init(
                    .component(Link(HTML(["accounting", "analytics", "notices", "search"][index]), to: "/styleguide"))
                ),
                .init("tickets"), .init(.component(state)),
                .init(index == 3 ? .unknown : .count(index * 61), live: index == 0 ? "oldest" : nil),
                .init(.count(index * 1204), live: index == 0 ? "lag" : nil),
                .init(
                    .component(
                        Sparkline(
                            "Lag, last 30 minutes, now \(index * 1204)",
                            line,
                            live: index == 0 ? "lag/line" : nil
                        )
                    )
                ),
                .init(index == 3 ? .none : .count(184)), .init(.component(time(index * 4000 + 7))),
            ]
        }
        return DataTable(
            id: "groups",
            caption: "Groups",
            columns: [
                .init("Group", sort: .init(.ascending, to: "/styleguide?sort=-group")), .init("Topic"), .init("State"),
                .init("Oldest", unit: "s", isNumber: true),
                .init("Lag", unit: "#", isNumber: true, sort: .init(nil, to: "/styleguide?sort=lag")),
                .init("Lag, 30 min"), .init("Rate", unit: "#/s", isNumber: true), .init("Last commit"),
            ],
            rows: rows,
            sums: [.init("All"), .init(.html("")), .init(.html("")), .init(.count(122)), .init(.count(7224))]
        )
    }

    var pager: any Component {
        Pager(newer: "/styleguide?before=1", older: "/styleguide?after=50", words: "50 of more than 1,000")
    }

    var badges: any Component {
        HTML(markup: "<p>") + HTML(Badge.Kind.allCases.flatMap { [Badge($0.rawValue, $0).html, " " as HTML] })
            + HTML(markup: "</p>")
    }

    var messages: any Component {
        HTML([
            Notice("auth does not answer.", "Login cannot be renewed.", .danger),
            Notice("Being told again: 61 %.", "Numbers are incomplete.", .info),
            Notice("tickets is held since 17:01.", .empty), Notice("Too many tries:", "again \(Wait(30))"),
        ])
    }

    var times: any Component {
        Facts([
            ("Seen", .component(TimeText(Self.now + .seconds(-4), clock, live: "seen"))),
            ("Next attempt", .component(time(-200))),
            ("Failed", .component(time(7300))), ("Created", .component(time(200_000))),
            ("Exactly", .component(TimeText(Self.now, clock, isExact: true))),
            ("Event", .component(Copied(id: "0190f6d2-7b3c-7e41-9d0a-5f2f9f3c1a77"))),
            ("Key", .component(Copied(key: "ticket/41"))),
        ])
    }

    private var days: [(Int, Decimal)] {
        (0..<30).map { (day: Int) -> (Int, Decimal) in
            let wave = 140 * sin(Double(day) / 3)
            return (day, Decimal(Int(wave) + 70 + day % 5 * 11))
        }
    }

    var chart: any Component {
        BarChart(
            id: "earned",
            title: "Earned a day",
            unit: "commissions − rewards",
            bars: days.map { day, value in
                let date = day == 0 ? "31 Oct" : "\(day) Nov"
                return .init(date, value, isSoFar: day == 29)
            }
        )
    }

    var chartTable: any Component {
        Disclosure(
            "The figures",
            DataTable(
                id: "earned-figures",
                caption: "Earned a day",
                columns: [.init("Day"), .init("Earned", isNumber: true)],
                rows: days.suffix(4).map { day, value in
                    [.init(.text("\(day) Nov")), .init(.text(NumberText.amount(value)))]
                },
                sums: [.init("Sum"), .init(.text(NumberText.amount(days.suffix(4).map(\.1).reduce(0, +))))]
            ).html
        )
    }

    var cards: any Component {
        let names = [
            "Mend the coop", "Sweep the yard",
            "Count the eggs, and then once more, for the first count was off by a dozen",
        ]
        return Cards(
            names.map { name in
                .init(
                    name,
                    to: "/styleguide",
                    facts: "yours since \(time(4000)), made by Ben",
                    action: Form(
                        "/styleguide",
                        token: "none",
                        button: "Close",
                        buttonLabel: "Close \(name)",
                        weight: .secondary
                    )
                )
            },
            empty: "",
            isBelowHeading: true
        )
    }

    var timeline: any Component {
        Timeline([
            .init(time(65).html, lane: "tickets", "ticket_closed/1 happened."),
            .init("+ 12 ms", lane: "tickets:2", "It got its place \(Copied(key: "1763…-42"))."),
            .init("+ 31 ms", lane: "accounting", state: Badge("committed", .ok), "by worker 4711 on host a."),
            .init(
                "since 52 s",
                lane: "analytics",
                state: Badge("failed", .danger),
                "twice.",
                detail: Code("Error", "connection refused").html
            ),
            .init("since 52 s", lane: "notices", state: Badge("waiting", .info), "behind \(3) others."),
        ])
    }

    var progress: any Component {
        HTML([
            ProgressBar("Retrying", done: 9_107, of: 12_304, unit: "events", live: "done"),
            ProgressBar("Looking", done: 0, of: 0, unit: "events"),
        ])
    }

    var facts: any Component {
        Facts([("Owner", "tracker"), ("Partitions", .count(8)), ("Archive", .none), ("Missing", .unknown)])
    }

    var code: any Component {
        Code("Data of the event", #"{"ticket_id":"0190f6d2","title":"Mend the <coop>","reward":9007199254740993}"#)
    }

    var lines: any Component { Lines("The door <sticks>.\nOil it.\n\nOr take https://popug.example/door.") }

    var disclosure: any Component { Disclosure("What else is known", "Nothing.") }
}
