/// A field of a form: its label, a hint, what was typed, and what is wrong with that.
package struct FormField: Component {
    /// One of several that can be chosen.
    package struct Choice: Sendable {
        let value: String
        let label: String
        let hint: String?

        /// - Parameter hint: What it means. Seen beside radio buttons only.
        package init(_ value: String, _ label: String, hint: String? = nil) {
            (self.value, self.label, self.hint) = (value, label, hint)
        }
    }

    /// What is typed or chosen.
    package enum Kind: Sendable {
        /// One line.
        case text
        /// Several lines.
        case lines(rows: Int)
        /// A whole number. It is text for the browser: what is no number is kept, and told.
        case number
        case email
        /// Never filled by us.
        case password
        case search
        case date
        /// One of a list that folds.
        case select([Choice])
        /// One of a list that is all seen.
        case radios([Choice])
        /// Yes or no: its value is `on` or not there.
        case check
        /// Not seen.
        case hidden
    }

    package let name: String
    package let error: String?
    private let label: String
    private let kind: Kind
    private let value: String
    private let hint: String?
    private let autocomplete: String?
    private let longest: Int?
    private let isRequired: Bool
    private let canBeShown: Bool
    private let idPrefix: String

    /// - Parameters:
    ///   - value: What was typed; it comes back as it was.
    ///   - autocomplete: What browsers and password managers may fill in: `username`, `current-password`.
    ///   - longest: The most characters that may be typed. The server checks it too.
    ///   - isRequired: Default: it may be left out, and says so.
    ///   - canBeShown: Whether a button shows a password as it is typed. Without script there is none. Default: no.
    ///   - error: What is wrong with it.
    ///   - form: Tells fields of several forms on a page apart.
    package init(
        _ name: String,
        _ label: String,
        _ kind: Kind = .text,
        value: String = "",
        hint: String? = nil,
        autocomplete: String? = nil,
        longest: Int? = nil,
        isRequired: Bool = false,
        canBeShown: Bool = false,
        error: String? = nil,
        form: String = "f"
    ) {
        (self.name, self.label, self.kind, self.value, self.hint) = (name, label, kind, value, hint)
        (self.autocomplete, self.longest, self.isRequired, self.error) = (autocomplete, longest, isRequired, error)
        self.canBeShown = canBeShown
        idPrefix = form
    }

    /// Of the element that is typed into.
    package var id: String { "\(idPrefix)-\(name)" }

    /// Its markup.
    package var html: HTML {
        let described = [hint.map { _ in "\(id)-hint" }, error.map { _ in "\(id)-error" }].compactMap(\.self)
        return Template.field.render([
            "id": .text(id), "name": .text(name), "label": .text(label), "hint": .optional(hint),
            "error": .optional(error),
            "value": .html(typed), "describedBy": .optional(described.isEmpty ? nil : described.joined(separator: " ")),
            "autocomplete": .optional(autocomplete), "longest": .optional(longest.map { String($0) }),
            "isRequired": .flag(isRequired), "isOptional": .flag(isOptional), "type": .optional(inputType),
            "mode": .optional(inputMode), "rows": .optional(rows), "choices": .optional(choices),
            "radios": .optional(radios),
            "isCheck": .flag(isCheck), "isChecked": .flag(value == "on"), "isHidden": .flag(isHidden),
            "canBeShown": .flag(canBeShown),
        ])
    }

    private var typed: HTML {
        // A password is never sent back.
        if case .password = kind { .empty } else { HTML(exact: value) }
    }

    private var isOptional: Bool {
        switch kind {
        case .check, .radios, .select, .search: false
        default: !isRequired
        }
    }

    private var inputType: String? {
        switch kind {
        case .text, .number: "text"
        case .email: "email"
        case .password: "password"
        case .search: "search"
        case .date: "date"
        case .lines, .select, .radios, .check, .hidden: nil
        }
    }

    private var inputMode: String? { if case .number = kind { "numeric" } else { nil } }
    private var rows: String? { if case .lines(let rows) = kind { String(rows) } else { nil } }
    private var isCheck: Bool { if case .check = kind { true } else { false } }
    private var isHidden: Bool { if case .hidden = kind { true } else { false } }

    private var choices: TemplateValues? {
        guard case .select(let choices) = kind else { return nil }
        return ["list": .list(choices.map { values(of: $0) })]
    }

    private var radios: TemplateValues? {
        guard case .radios(let choices) = kind else { return nil }
        return ["list": .list(choices.enumerated().map { values(of: $1, number: $0) })]
    }

    private func values(of choice: Choice, number: Int = 0) -> TemplateValues {
        [
            "choice": .html(HTML(exact: choice.value)), "words": .text(choice.label), "meaning": .optional(choice.hint),
            "isChosen": .flag(choice.value == value),
            // The summary of errors leads to the first.
            "choiceID": .text(number == 0 ? id : "\(id)-\(number)"),
        ]
    }
}
