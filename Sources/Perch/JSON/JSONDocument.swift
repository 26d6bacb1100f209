/// A JSON text that has been read strictly, once. Its values are read from its bytes when they are asked for.
package struct JSONDocument: Sendable {
    fileprivate let bytes: [UInt8]
    fileprivate let nodes: [JSONNode]

    /// - Throws: where the text is not JSON, or is JSON that readers understand differently: duplicate keys, bad
    ///   UTF-8, lone surrogates, `\u0000`, numbers beyond a double, nesting deeper than 32.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        self.bytes = bytes
        // withUnsafeBytes only rethrows untyped errors, so the typed one goes through a Result.
        self.nodes = try bytes.withUnsafeBytes { text in
            Result { () throws(JSONError) in
                var reader = JSONReader(text)
                try reader.readDocument()
                return reader.nodes
            }
        }.get()
    }

    package var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// One value of a document.
package struct JSONValue: Sendable {
    /// What a value is. An integer is a number written without a fraction and without an exponent: `1.0` is a decimal.
    package enum Kind: String, Sendable {
        case null, boolean, integer, decimal, string, array, object
    }

    fileprivate let document: JSONDocument
    fileprivate let index: Int

    private var node: JSONNode { document.nodes[index] }

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
    package var lexeme: String { String(decoding: document.bytes[node.bounds], as: UTF8.self) }

    /// The number that an integer is; nil for another kind, and where the type cannot hold it.
    func integer<T: FixedWidthInteger>() -> T? {
        guard node.kind == .integer else { return nil }
        return document.bytes.withUnsafeBytes { text in
            var digits = text[node.bounds]
            let isNegative = digits.first == UInt8(ascii: "-")
            if isNegative { digits.removeFirst() }
            var number: T = 0
            for digit in digits {
                // Downward for a negative one: the least number has no counterpart.
                let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
                let (sum, isBeyond) =
                    isNegative
                    ? product.subtractingReportingOverflow(T(truncatingIfNeeded: digit &- 0x30))
                    : product.addingReportingOverflow(T(truncatingIfNeeded: digit &- 0x30))
                guard !isTooLarge, !isBeyond else { return nil }
                number = sum
            }
            return number
        }
    }

    /// Lends the bytes of a string without escapes, else those of the string that it means; nil for another kind.
    func withString<R>(_ body: (UnsafeRawBufferPointer) -> R?) -> R? {
        guard node.kind == .string else { return nil }
        return document.bytes.withUnsafeBytes { text in
            guard node.hasEscapes else { return body(UnsafeRawBufferPointer(rebasing: text[node.bounds])) }
            var string = node.string(in: text)
            return string.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }

    package var boolean: Bool? {
        switch node.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The string, escapes resolved; nil for another kind.
    package var string: String? {
        guard node.kind == .string else { return nil }
        return document.bytes.withUnsafeBytes { node.string(in: $0) }
    }

    /// The members of an object in their order; empty for another kind.
    package var members: [(key: String, value: JSONValue)] {
        guard node.kind == .object else { return [] }
        var members: [(key: String, value: JSONValue)] = []
        var index = self.index + 1
        while index < Int(node.next) {
            let key = document.bytes.withUnsafeBytes { document.nodes[index].string(in: $0) }
            members.append((key, JSONValue(document: document, index: index + 1)))
            index = Int(document.nodes[index + 1].next)
        }
        return members
    }

    /// The member of that name; nil where there is none.
    package subscript(_ name: String) -> JSONValue? {
        guard node.kind == .object else { return nil }
        var index = self.index + 1
        while index < Int(node.next) {
            let key = document.nodes[index]
            let isIt =
                key.hasEscapes
                ? document.bytes.withUnsafeBytes { key.string(in: $0) } == name
                : document.bytes[key.bounds].elementsEqual(name.utf8)
            if isIt { return JSONValue(document: document, index: index + 1) }
            index = Int(document.nodes[index + 1].next)
        }
        return nil
    }

    /// The elements of an array; empty for another kind.
    package var elements: [JSONValue] {
        guard node.kind == .array else { return [] }
        var elements: [JSONValue] = []
        var index = self.index + 1
        while index < Int(node.next) {
            elements.append(JSONValue(document: document, index: index))
            index = Int(document.nodes[index].next)
        }
        return elements
    }
}

// MARK: For messages

extension JSONValue {
    /// The kind without the value.
    package var kindName: String {
        switch kind {
        case .null: "null"
        case .array: "an array"
        case .object: "an object"
        case .integer: "an integer"
        default: "a \(kind.rawValue)"
        }
    }

    /// The value, shortened.
    var summary: String {
        switch kind {
        case .null, .array, .object: kindName
        case .boolean: lexeme
        case .integer, .decimal: "the \(kind.rawValue) \(lexeme.prefix(40))"
        case .string: "\"\(lexeme.prefix(60))\(lexeme.count > 60 ? "…" : "")\""
        }
    }
}
