/// A text that people take elsewhere: a key, an id, a command. The button copies it whole; without a script it can be selected.
package struct Copied: Component {
    private let shown: HTML
    private let whole: String
    private let isCut: Bool

    /// An id by its first 8 characters; the whole is in its title.
    package init(id: String) {
        shown = HTML(id.prefix(8))
        whole = id
        isCut = id.count > 8
    }

    /// A key, whole.
    package init(key: String) { (shown, whole, isCut) = (HTML(key), key, false) }

    /// A command, whole.
    package init(command: String) { self.init(key: command) }

    /// Its markup.
    package var html: HTML {
        Template.copied.render([
            "shown": .html(shown), "whole": .html(HTML(exact: whole)), "title": .text(whole), "isCut": .flag(isCut),
        ])
    }
}
