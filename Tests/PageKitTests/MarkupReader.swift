/// Reads a page as a browser's parser would where nothing is wrong with it, and says what is.
struct MarkupReader {
    struct Element {
        let name: String
        let attributes: [(name: String, value: String)]

        subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    private(set) var elements: [Element] = []
    private(set) var problems: [String] = []
    private static let empty: Set<String> = ["meta", "link", "input", "path", "line", "wbr", "br"]

    init(_ markup: String) {
        var open: [String] = []
        var rest = Substring(markup)
        while let start = rest.firstIndex(of: "<") {
            if rest[..<start].contains(">") { problems.append("a > in text: \(rest[..<start].suffix(40))") }
            guard let end = Self.end(of: rest[start...]) else {
                problems.append("a tag without an end: \(rest[start...].prefix(40))")
                return
            }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!DOCTYPE") { continue }
            if tag.hasPrefix("/") {
                let name = String(tag.dropFirst())
                if open.last == name {
                    open.removeLast()
                } else {
                    problems.append("</\(name)> in <\(open.last ?? "")>")
                }
                continue
            }
            let isClosed = tag.hasSuffix("/")
            guard let element = Self.element(isClosed ? tag.dropLast() : tag) else {
                problems.append("not a tag: <\(tag.prefix(60))>")
                continue
            }
            elements.append(element)
            if !isClosed, !Self.empty.contains(element.name) { open.append(element.name) }
        }
        if !open.isEmpty { problems.append("not closed: \(open)") }
        let ids = elements.compactMap { $0["id"] }
        for id in Set(ids) where ids.count(where: { $0 == id }) > 1 { problems.append("twice: id \(id)") }
    }

    /// The `>` that ends the tag: one in quotes does not.
    private static func end(of text: Substring) -> Substring.Index? {
        var isQuoted = false
        for index in text.indices {
            if text[index] == "\"" { isQuoted.toggle() }
            if text[index] == ">", !isQuoted { return index }
        }
        return nil
    }

    /// Every value is in double quotes, and no attribute comes twice.
    private static func element(_ tag: Substring) -> Element? {
        var rest = tag.drop { !$0.isWhitespace }
        let name = String(tag.prefix(tag.count - rest.count))
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else { return nil }
        var attributes: [(name: String, value: String)] = []
        while true {
            rest = rest.drop { $0.isWhitespace }
            if rest.isEmpty { break }
            let attribute = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == ":" }
            guard !attribute.isEmpty, attribute.allSatisfy(\.isASCII) else { return nil }
            rest = rest.dropFirst(attribute.count)
            var value: Substring = ""
            if rest.first == "=" {
                rest = rest.dropFirst()
                guard rest.first == "\"" else { return nil }
                value = rest.dropFirst().prefix { $0 != "\"" }
                rest = rest.dropFirst(value.count + 2)
            }
            guard !attributes.contains(where: { $0.name == attribute }) else { return nil }
            attributes.append((String(attribute), String(value)))
        }
        return Element(name: name, attributes: attributes)
    }
}
