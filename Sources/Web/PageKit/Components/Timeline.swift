/// What happened, oldest first, each step with its time, its lane and its words.
package struct Timeline: Component {
    /// One step.
    package struct Step: Sendable {
        let when: HTML
        let lane: String
        let state: Badge?
        let words: HTML
        let detail: HTML

        /// - Parameters:
        ///   - when: Its time, or what stands for one: `+ 12 ms`.
        ///   - lane: Where it happened.
        ///   - detail: Shown on demand. Default: nothing.
        package init(_ when: HTML, lane: String, state: Badge? = nil, _ words: HTML, detail: HTML = .empty) {
            (self.when, self.lane, self.state, self.words, self.detail) = (when, lane, state, words, detail)
        }
    }

    private let steps: [Step]

    /// Oldest first.
    package init(_ steps: [Step]) { self.steps = steps }

    /// Its markup.
    package var html: HTML {
        Template.timeline.render([
            "steps": .list(
                steps.map { step in
                    [
                        "when": .html(step.when), "lane": .text(step.lane), "state": .optional(step.state?.html),
                        "words": .html(step.words), "detail": .optional(step.detail),
                    ]
                }
            )
        ])
    }
}
