/// A JSON text that has been read strictly, once. Its values are read from its bytes when they are asked for.
///
/// Why `@unchecked Sendable`: text and nodes are never changed, and the owner, itself Sendable, keeps them where they are.
package struct JSONDocument: @unchecked Sendable {
    /// Keeps the memory of the text and the nodes.
    package let owner: any AnyObject & Sendable
    package let text: UnsafeRawBufferPointer
    package let nodes: UnsafePointer<JSONNode>

    /// A text that lies in the owner's memory, with the nodes that have been read of it.
    package init(_ text: UnsafeRawBufferPointer, nodes: UnsafePointer<JSONNode>, owner: any AnyObject & Sendable) {
        self.text = text
        self.nodes = nodes
        self.owner = owner
    }

    /// - Throws: where the text is not JSON, or is JSON that readers understand differently: duplicate keys, bad
    ///   UTF-8, lone surrogates, `\u0000`, numbers beyond a double, nesting deeper than 32.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        // withUnsafeBytes only rethrows untyped errors, so the typed one goes through a Result.
        self = try bytes.withUnsafeBytes { text in
            Result { () throws(JSONError) in
                var reader = JSONReader()
                try reader.read(text)
                return reader.withNodes { JSONMemory.document(text, $0) }
            }
        }.get()
    }

    package var root: JSONValue { JSONValue(document: self, index: 0) }

    /// Lends text and nodes, which do not outlast the document's copies.
    fileprivate func withContents<R>(
        _ body: (UnsafeRawBufferPointer, UnsafePointer<JSONNode>) throws -> R
    ) rethrows -> R {
        try withExtendedLifetime(owner) { try body(text, nodes) }
    }

    fileprivate func node(_ index: Int) -> JSONNode { withContents { $1[index] } }
}

/// Text and nodes of a document of its own. Written before anyone else has a reference, and freed with the last.
private final class JSONMemory: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    private init(byteCount: Int) {
        memory = .allocate(byteCount: byteCount, alignment: MemoryLayout<JSONNode>.alignment)
    }

    deinit { memory.deallocate() }

    static func document(_ text: UnsafeRawBufferPointer, _ nodes: UnsafeBufferPointer<JSONNode>) -> JSONDocument {
        let size = nodes.count * MemoryLayout<JSONNode>.stride
        let owner = JSONMemory(byteCount: size + text.count)
        let start = UnsafeMutableRawBufferPointer(rebasing: owner.memory[..<size]).bindMemory(to: JSONNode.self)
        _ = start.initialize(fromContentsOf: nodes)
        let copy = UnsafeMutableRawBufferPointer(rebasing: owner.memory[size...])
        copy.copyMemory(from: text)
        // A text that was read has at least one node.
        return JSONDocument(
            UnsafeRawBufferPointer(copy),
            nodes: UnsafePointer(start.baseAddress.unsafelyUnwrapped),
            owner: owner
        )
    }
}

/// One value of a document.
package struct JSONValue: Sendable {
    /// What a value is. An integer is a number written without a fraction and without an exponent: `1.0` is a decimal.
    package enum Kind: String, Sendable {
        case null, boolean, integer, decimal, string, array, object
    }

    private let document: JSONDocument
    private let index: Int

    fileprivate init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var node: JSONNode { document.node(index) }

    package var kind: Kind {
        switch node.kind {
        case .null: .null
        case .true, .false: .boolean
        case .integer: .integer
        case .decimal: .decimal
        case .string, .key: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The value as it is written, a string without its quotes.
    package var lexeme: String { document.withContents { $1[index].lexeme(in: $0) } }

    /// The number that an integer is; nil for another kind, and where the type cannot hold it.
    func integer<T: FixedWidthInteger>() -> T? { document.withContents { $1[index].integer(in: $0) } }

    /// Lends the bytes of a string without escapes, else those of the string that it means; nil for another kind.
    func withString<R>(_ body: (UnsafeRawBufferPointer) -> R?) -> R? {
        document.withContents { $1[index].withString(in: $0, body) }
    }

    package var boolean: Bool? { node.boolean }

    /// The string, escapes resolved; nil for another kind.
    package var string: String? {
        document.withContents { text, nodes in
            let node = nodes[index]
            return node.kind == .string ? node.string(in: text) : nil
        }
    }

    /// The members of an object in their order; empty for another kind.
    package var members: [(key: String, value: JSONValue)] {
        document.withContents { text, nodes in
            guard nodes[index].kind == .object else { return [] }
            var members: [(key: String, value: JSONValue)] = []
            var index = self.index + 1
            while index < Int(nodes[self.index].next) {
                members.append((nodes[index].string(in: text), JSONValue(document: document, index: index + 1)))
                index = Int(nodes[index + 1].next)
            }
            return members
        }
    }

    /// The member of that name; nil where there is none.
    package subscript(_ name: String) -> JSONValue? {
        var name = name
        let place = name.withUTF8 { name in
            document.withContents { $1.member(UnsafeRawBufferPointer(name), of: index, in: $0) }
        }
        return place.map { JSONValue(document: document, index: $0) }
    }

    /// The elements of an array; empty for another kind.
    package var elements: [JSONValue] {
        document.withContents { _, nodes in
            guard nodes[index].kind == .array else { return [] }
            var elements: [JSONValue] = []
            var index = self.index + 1
            while index < Int(nodes[self.index].next) {
                elements.append(JSONValue(document: document, index: index))
                index = Int(nodes[index].next)
            }
            return elements
        }
    }
}

// MARK: For messages

extension JSONValue {
    /// The kind without the value.
    package var kindName: String { node.kindName }

    /// The value, shortened.
    var summary: String { document.withContents { $1[index].summary(in: $0) } }
}
