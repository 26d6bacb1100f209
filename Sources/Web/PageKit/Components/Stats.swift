/// Numbers side by side: two a row on a small screen, three or four on a larger one.
package struct Stats: Component {
    private let stats: [Stat]

    /// In this order.
    package init(_ stats: [Stat]) { self.stats = stats }

    /// Its markup.
    package var html: HTML {
        Template.stats.render([
            "stats": .list(
                stats.map { stat in
                    [
                        "label": .text(stat.label), "value": .html(stat.value.html),
                        "unit": .optional(stat.unit), "note": .optional(stat.note),
                        "sparkline": .optional(stat.sparkline?.html),
                        "target": .optional(stat.target?.description), "live": .optional(stat.live?.description),
                    ]
                }
            )
        ])
    }
}
