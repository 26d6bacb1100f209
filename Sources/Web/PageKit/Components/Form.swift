/// A form that changes something: it is sent by POST, with a token that proves that we made it for this session.
package struct Form: Component {
    /// How its button looks. There is one primary or dangerous button a page.
    package enum Weight: String, Sendable {
        case primary, secondary, danger
    }

    private let action: LinkTarget
    /// Nil: it asks only, and is sent by GET.
    private let token: String?
    private let id: String?
    private let fields: [FormField]
    private let before: HTML
    private let button: String
    private let buttonLabel: String?
    private let weight: Weight
    private let back: LinkTarget?

    /// - Parameters:
    ///   - token: `FormTokens.token(…)` of the session and this action.
    ///   - id: Of this rendering of the form: a resent one has the same. Default: none.
    ///   - before: What stands between fields and button.
    ///   - button: Verb, number and object: `Retry 15 events`.
    ///   - buttonLabel: What is read out, where several buttons have the same words. It begins with these.
    ///   - back: Where to without doing anything. Default: no such link.
    package init(
        _ action: LinkTarget,
        token: String,
        id: String? = nil,
        fields: [FormField] = [],
        before: HTML = .empty,
        button: String,
        buttonLabel: String? = nil,
        weight: Weight = .primary,
        back: LinkTarget? = nil
    ) {
        (self.action, self.token, self.id, self.fields, self.before) = (action, token, id, fields, before)
        (self.button, self.buttonLabel, self.weight, self.back) = (button, buttonLabel, weight, back)
    }

    /// A form that only asks: it is sent by GET, so that the address has all that was typed, and it changes nothing.
    ///
    /// - Parameters:
    ///   - button: What the next page shows: `See the plan`.
    ///   - back: Where to without an answer. Default: no such link.
    package init(asking action: LinkTarget, fields: [FormField], button: String, back: LinkTarget? = nil) {
        (self.action, token, id, self.fields, before) = (action, nil, nil, fields, .empty)
        (self.button, buttonLabel, weight, self.back) = (button, nil, .primary, back)
    }

    /// Its markup.
    package var html: HTML {
        Template.form.render([
            "action": .text(action.description), "method": .text(token == nil ? "get" : "post"),
            "token": .optional(token), "id": .optional(id),
            "fields": .html(HTML(fields)), "before": .optional(before), "button": .text(button),
            "buttonLabel": .optional(buttonLabel), "weight": .text(weight.rawValue),
            "back": .optional(back?.description),
        ])
    }
}
