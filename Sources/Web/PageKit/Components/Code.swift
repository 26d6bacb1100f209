/// A longer text as it is: data of an event, an error. It scrolls in itself.
package struct Code: Component {
    private let label: String
    private let text: String
    private let isCopied: Bool

    /// - Parameters:
    ///   - label: Names it for who hears the page: `Data of the event`.
    ///   - isCopied: A button copies it, byte for byte. Default: there is one.
    package init(_ label: String, _ text: String, isCopied: Bool = true) {
        (self.label, self.text, self.isCopied) = (label, text, isCopied)
    }

    /// Its markup.
    package var html: HTML {
        Template.code.render([
            "label": .text(label), "text": .text(text), "whole": .html(isCopied ? HTML(exact: text) : .empty),
            "isCopied": .flag(isCopied),
        ])
    }
}
