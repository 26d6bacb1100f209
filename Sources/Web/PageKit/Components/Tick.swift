/// A box to tick in a list; what is ticked is sent by the `TickForm` around it.
package struct Tick: Component {
    private let name: String
    private let value: String
    private let label: String

    /// - Parameters:
    ///   - value: What is sent where it is ticked.
    ///   - label: What is read out: which row it is.
    package init(_ name: String, _ value: String, label: String) {
        (self.name, self.value, self.label) = (name, value, label)
    }

    /// Its markup. The label around it makes all of its square take the click.
    package var html: HTML {
        HTML(markup: "<label class=\"tick\"><input type=\"checkbox\" name=\"") + HTML(exact: name)
            + HTML(markup: "\" value=\"") + HTML(exact: value) + HTML(markup: "\"><span class=\"heard\">") + HTML(label)
            + HTML(markup: "</span></label>")
    }
}

/// A list of which some can be ticked, and what can be begun with those: each a page that asks. It is sent by GET, and changes nothing.
package struct TickForm: Component {
    /// What can be begun.
    package struct Choice: Sendable {
        let words: String
        let target: LinkTarget

        /// - Parameter target: The page that asks. It has no fields of its own.
        package init(_ words: String, to target: LinkTarget) { (self.words, self.target) = (words, target) }
    }

    private let label: String
    private let fields: [FormField]
    private let content: HTML
    private let choices: [Choice]

    /// - Parameters:
    ///   - label: Names the form for who hears the page.
    ///   - fields: What is sent too.
    ///   - choices: Nothing can be begun where there are none: the content stands alone, and shows no boxes.
    package init(_ label: String, fields: [FormField] = [], content: HTML, choices: [Choice]) {
        (self.label, self.fields, self.content, self.choices) = (label, fields, content, choices)
    }

    /// Its markup.
    package var html: HTML {
        guard let first = choices.first else { return content }
        let buttons = choices.map { choice in
            HTML(markup: "<button class=\"secondary\" formaction=\"") + HTML(exact: choice.target.description)
                + HTML(markup: "\">") + HTML(choice.words) + HTML(markup: "</button>")
        }
        return HTML(markup: "<form class=\"ticks\" method=\"get\" action=\"") + HTML(exact: first.target.description)
            + HTML(markup: "\" aria-label=\"") + HTML(label) + HTML(markup: "\">") + HTML(fields) + content
            + HTML(markup: "<p class=\"actions\">") + HTML(buttons) + HTML(markup: "</p></form>")
    }
}
