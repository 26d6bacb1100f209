/// A form that changes something: it is sent by POST, with a token that proves that we made it for this session.
package struct Form: Component {
    /// How its button looks. There is one primary or dangerous button a page.
    package enum Weight: String, Sendable {
        case primary, secondary, danger
    }

    private let action: LinkTarget
    private let token: String
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

    /// Its markup.
    package var html: HTML {
        Template.form.render([
            "action": .text(action.description), "token": .text(token), "id": .optional(id),
            "fields": .html(HTML(fields)), "before": .optional(before), "button": .text(button),
            "buttonLabel": .optional(buttonLabel), "weight": .text(weight.rawValue),
            "back": .optional(back?.description),
        ])
    }
}
