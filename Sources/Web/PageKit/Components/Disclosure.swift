/// What most do not need to see, behind its name.
package struct Disclosure: Component {
    private let name: String
    private let content: HTML

    /// - Parameter name: What is behind it.
    package init(_ name: String, _ content: HTML) { (self.name, self.content) = (name, content) }

    /// Its markup.
    package var html: HTML { Template.disclosure.render(["name": .text(name), "content": .html(content)]) }
}
