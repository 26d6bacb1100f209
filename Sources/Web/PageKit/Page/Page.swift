/// A page, whole: what is told on top of each, and its body.
package struct Page: Sendable {
    /// What all pages of a program share.
    package var frame: PageFrame
    /// The heading, and the first part of the title: `Groups`.
    package var heading: String
    /// The part of the title between heading and program: `production`. Default: none.
    package var context: String?
    /// What stands between heading and body: when the page was true, and whether it stays so. Default: nothing.
    package var asOf: AsOf?
    /// What the person's last action did. Default: nothing.
    package var message: Message?
    /// What the page lacks at the moment. Default: nothing.
    package var notices: [Notice]
    /// The form's errors: the title says that there are some. Default: none.
    package var errors: ErrorSummary?
    /// The rest.
    package var body: HTML
    /// What does the same in a terminal. Default: it is not told.
    package var command: String?

    /// - Parameter heading: Unique among the pages of the program, as far as that can be.
    package init(
        _ frame: PageFrame,
        heading: String,
        context: String? = nil,
        asOf: AsOf? = nil,
        message: Message? = nil,
        notices: [Notice] = [],
        errors: ErrorSummary? = nil,
        command: String? = nil,
        body: HTML
    ) {
        (self.frame, self.heading, self.context, self.asOf, self.message) = (frame, heading, context, asOf, message)
        (self.notices, self.errors, self.command, self.body) = (notices, errors, command, body)
    }

    /// `Groups · production · Perch`; `Error: New ticket · popug` where a form was not taken.
    package var title: String {
        let parts = [heading, context, frame.program].compactMap(\.self)
        return (hasErrors ? "Error: " : "") + parts.joined(separator: " · ")
    }

    private var hasErrors: Bool { errors?.html.isEmpty == false }

    /// The document.
    package var html: HTML {
        let assets = Assets.shared
        return Template.page.render([
            "title": .text(title), "heading": .text(heading), "theme": .optional(frame.theme?.rawValue),
            "style": .text(assets.path(of: .style)), "script": .text(assets.path(of: .script)),
            "icon": .text(assets.path(of: .icon)),
            "program": .text(frame.program), "home": .text(frame.home.description),
            "context": .optional(frame.context?.html), "hasMenu": .flag(!frame.navigation.isEmpty),
            "navigation": .list(frame.navigation.map(\.values)), "search": .optional(frame.search?.values),
            "person": .optional(frame.person?.values), "asOf": .optional(asOf?.values),
            "stream": .optional(asOf?.stream?.description), "body": .html(body),
            "message": .optional(message?.html), "notices": .html(HTML(notices)),
            "errors": .optional(errors?.html), "command": .optional(command.map { Copied(command: $0).html }),
            "tint": .optional(frame.tint?.rawValue), "keys": .optional(frame.keys?.description),
            "focusHeading": .flag(!hasErrors && frame.focusesHeading),
        ])
    }
}
