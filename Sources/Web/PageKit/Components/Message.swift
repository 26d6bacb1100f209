/// What a person's last action did. It stands on top and goes with the next page, not by itself.
package struct Message: Component {
    private let words: HTML
    private let kind: Badge.Kind

    /// - Parameter kind: Default: it went well.
    package init(_ words: HTML, _ kind: Badge.Kind = .ok) { (self.words, self.kind) = (words, kind) }

    /// Its markup.
    package var html: HTML { Template.message.render(["words": .html(words), "kind": .text(kind.rawValue)]) }
}
