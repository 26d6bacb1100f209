/// A part of a page under a heading of its own.
package struct Section: Component {
    private let title: String
    private let parts: [any Component]

    /// In this order.
    package init(_ title: String, _ parts: [any Component]) { (self.title, self.parts) = (title, parts) }

    /// Its markup.
    package var html: HTML {
        HTML(markup: "<section><h2>") + HTML(title) + HTML(markup: "</h2>") + HTML(parts) + HTML(markup: "</section>")
    }
}
