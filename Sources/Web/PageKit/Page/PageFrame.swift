/// What is the same around all pages of a program: the bar on top with its name, the ways to other pages, and who is logged in.
package struct PageFrame: Sendable {
    /// A way to another page, of this program or of one that belongs to it.
    package struct Item: Sendable {
        let words: String
        let target: LinkTarget
        let isCurrent: Bool
        let key: String?

        /// - Parameters:
        ///   - isCurrent: Whether the page is this one, or lies below it.
        ///   - key: `g` and this letter lead there, for those who have keys. Default: none do.
        package init(_ words: String, to target: LinkTarget, isCurrent: Bool = false, key: String? = nil) {
            (self.words, self.target, self.isCurrent, self.key) = (words, target, isCurrent, key)
        }

        var values: TemplateValues {
            [
                "words": .text(words), "target": .text(target.description), "isCurrent": .flag(isCurrent),
                "key": .optional(key),
            ]
        }
    }

    /// The field that finds anything; `/` leads to it.
    package struct Search: Sendable {
        let label: String
        let action: LinkTarget
        let name: String
        let value: String

        /// - Parameters:
        ///   - label: What can be typed: `Key, event id or entry id`.
        ///   - name: Of the field in the address.
        package init(_ label: String, _ action: LinkTarget, name: String = "q", value: String = "") {
            (self.label, self.action, self.name, self.value) = (label, action, name, value)
        }

        var values: TemplateValues {
            [
                "label": .text(label), "action": .text(action.description), "name": .text(name),
                "value": .html(HTML(exact: value)),
            ]
        }
    }

    /// Who is logged in.
    package struct Person: Sendable {
        let name: String
        let role: String
        let target: LinkTarget
        let logout: Form?

        /// - Parameters:
        ///   - target: The page about themselves.
        ///   - logout: The form that ends the session. Default: there is nothing to end.
        package init(_ name: String, role: String, to target: LinkTarget, logout: Form? = nil) {
            (self.name, self.role, self.target, self.logout) = (name, role, target, logout)
        }

        var values: TemplateValues {
            [
                "name": .text(name), "role": .text(role), "target": .text(target.description),
                "logout": .optional(logout?.html),
            ]
        }
    }

    /// Whether pages are light or dark.
    package enum Theme: String, Sendable, CaseIterable {
        case light, dark
    }

    /// Tells systems apart at a glance.
    package enum Tint: String, Sendable, CaseIterable {
        case red, amber, green, blue
    }

    /// The program's name.
    package var program: String
    /// Where its name leads.
    package var home: LinkTarget
    /// Which system this is: `production`. Default: it is not told.
    package var context: Badge?
    /// The stripe over the bar. Default: none.
    package var tint: Tint?
    /// The ways to other pages.
    package var navigation: [Item]
    /// Default: none.
    package var search: Search?
    /// Default: nobody.
    package var person: Person?
    /// What the person has chosen. Default: as their system has it.
    package var theme: Theme?
    /// Where the keys are told: single letters and signs that lead somewhere. Default: there are none, by WCAG 2.1.4 also for whoever
    /// has switched them off.
    package var keys: LinkTarget?
    /// Whether the heading has the focus at first, so that it is read before all else: for pages that ask. Default: no.
    package var focusesHeading = false

    /// - Parameter home: Default: `/`.
    package init(
        program: String,
        home: LinkTarget = "/",
        context: Badge? = nil,
        tint: Tint? = nil,
        navigation: [Item] = [],
        search: Search? = nil,
        person: Person? = nil,
        theme: Theme? = nil
    ) {
        (self.program, self.home, self.context, self.tint) = (program, home, context, tint)
        (self.navigation, self.search, self.person, self.theme) = (navigation, search, person, theme)
    }
}
