/// A part of a page under a heading of its own.
package struct Section: Component {
    private let title: String
    private let id: String?
    private let parts: [any Component]

    /// - Parameters:
    ///   - id: By which addresses lead to it. Default: none do.
    ///   - parts: In this order.
    package init(_ title: String, id: String? = nil, _ parts: [any Component]) {
        (self.title, self.id, self.parts) = (title, id, parts)
    }

    /// Its markup.
    package var html: HTML {
        let id = id.map { HTML(markup: " id=\"") + HTML($0) + HTML(markup: "\"") } ?? .empty
        return HTML(markup: "<section") + id + HTML(markup: "><h2>") + HTML(title) + HTML(markup: "</h2>") + HTML(parts)
            + HTML(markup: "</section>")
    }
}
