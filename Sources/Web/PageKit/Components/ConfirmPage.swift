/// What stands on a page that asks before something is done: what it would do, with numbers, and the one button that does it.
/// Nothing on it is live: what is confirmed is what was read.
package struct ConfirmPage: Component {
    private let sentence: HTML
    private let facts: HTML
    private let consequences: [HTML]
    private let form: Form
    private let command: String?

    /// - Parameters:
    ///   - sentence: The whole of it, with numbers and names.
    ///   - facts: A table of what is affected.
    ///   - consequences: What follows, and what cannot be undone.
    ///   - form: Its button says verb, number, object and where: `Retry 15 events in production`.
    ///   - command: What does the same in a terminal.
    package init(_ sentence: HTML, facts: HTML = .empty, consequences: [HTML] = [], form: Form, command: String? = nil)
    {
        (self.sentence, self.facts, self.consequences) = (sentence, facts, consequences)
        (self.form, self.command) = (form, command)
    }

    /// Its markup.
    package var html: HTML {
        Template.confirmPage.render([
            "sentence": .html(sentence), "facts": .optional(facts),
            "consequences": .list(consequences.map { ["words": .html($0)] }),
            "hasConsequences": .flag(!consequences.isEmpty),
            "form": .html(form.html), "command": .optional(command.map { Copied(command: $0).html }),
        ])
    }
}
