/// One value or key of a JSON text: its kind and its bounds. The nodes of a text are in its order; a key's value
/// follows it.
@usableFromInline
package struct JSONNode: Sendable {
    @usableFromInline
    package enum Kind: UInt8, Sendable {
        case null, `true`, `false`, integer, decimal, string, array, object, key
    }

    /// How a string or a key is written.
    @usableFromInline
    package enum Spelling: UInt8, Sendable {
        /// As it is, in ASCII; so is all that is no string.
        case ascii
        /// As it is, but not in ASCII alone.
        case unicode
        case escapes
    }

    @usableFromInline package let kind: Kind
    @usableFromInline package let spelling: Spelling
    @usableFromInline let start: Int32
    @usableFromInline var end: Int32
    /// The index of the first node after this one and all within it.
    @usableFromInline package var next: Int32

    /// Of a text of at most 2 GiB.
    init(kind: Kind, spelling: Spelling = .ascii, start: Int, end: Int, next: Int) {
        self.kind = kind
        self.spelling = spelling
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
        self.next = Int32(truncatingIfNeeded: next)
    }

    @inlinable package var hasEscapes: Bool { spelling == .escapes }

    /// Where it stands in the text, in bytes; of a string without its quotes. It never ends before it begins.
    @inlinable package var bounds: Range<Int> { Range(uncheckedBounds: (Int(start), Int(end))) }

    /// How many bytes that is.
    @inlinable package var length: Int32 { end &- start }

    /// The bytes as they are written, of a string without its quotes.
    @inlinable @inline(__always)
    package func bytes(in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        // The text it was read from, which is not empty then, and its bounds lie within.
        assert(Int(end) <= text.count)
        return UnsafeRawBufferPointer(start: text.baseAddress.map { $0 + Int(start) }, count: Int(length))
    }
}

/// What the values mean. The text has been checked by then.
extension JSONNode {
    /// The value as it is written, a string without its quotes.
    package func lexeme(in text: UnsafeRawBufferPointer) -> String { String(decoding: text[bounds], as: UTF8.self) }

    @inlinable package var boolean: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The number that an integer is; nil for another kind, and where the type cannot hold it.
    @inlinable
    package func integer<T: FixedWidthInteger>(in text: UnsafeRawBufferPointer) -> T? {
        guard kind == .integer else { return nil }
        let digits = bytes(in: text)
        let isNegative = digits[0] == UInt8(ascii: "-")
        var number: T = 0
        for place in (isNegative ? 1 : 0)..<digits.count {
            // Downward for a negative one: the least number has no counterpart.
            let digit = T(truncatingIfNeeded: digits[place] &- 0x30)
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !isTooLarge, !isBeyond else { return nil }
            number = sum
        }
        return number
    }

    /// Lends the bytes of a string without escapes, else those of the string that it means; nil for another kind.
    @inlinable
    package func withString<R>(in text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R?) -> R? {
        guard kind == .string else { return nil }
        guard hasEscapes else { return body(bytes(in: text)) }
        var string = string(in: text)
        return string.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// The string of a `.string` or `.key`, its escapes resolved.
    @usableFromInline
    package func string(in text: UnsafeRawBufferPointer) -> String {
        let raw = bytes(in: text)
        guard hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: raw.count) { buffer in
            var written = 0
            var position = 0
            func write(_ bytes: some Sequence<UInt8>) {
                for byte in bytes {
                    buffer[written] = byte
                    written += 1
                }
            }
            func hex() -> UInt32 {
                defer { position += 4 }
                return raw[position..<position + 4].reduce(0) { $0 << 4 | UInt32(JSONReader.hexDigit($1) ?? 0) }
            }
            while position < raw.count {
                let byte = raw[position]
                position += 1
                guard byte == UInt8(ascii: "\\") else {
                    write(CollectionOfOne(byte))
                    continue
                }
                let escape = raw[position]
                position += 1
                switch escape {
                case UInt8(ascii: "b"): write(CollectionOfOne(0x08))
                case UInt8(ascii: "f"): write(CollectionOfOne(0x0C))
                case UInt8(ascii: "n"): write(CollectionOfOne(0x0A))
                case UInt8(ascii: "r"): write(CollectionOfOne(0x0D))
                case UInt8(ascii: "t"): write(CollectionOfOne(0x09))
                case UInt8(ascii: "u"):
                    var scalar = hex()
                    if (0xD800..<0xDC00).contains(scalar) {
                        position += 2
                        scalar = 0x10000 + (scalar - 0xD800) << 10 + (hex() - 0xDC00)
                    }
                    if let scalar = Unicode.Scalar(scalar) {
                        write(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                    }
                default: write(CollectionOfOne(escape))
                }
            }
            return written
        }
    }
}

extension UnsafePointer<JSONNode> {
    /// Where the value of an object's member is; nil where there is none of the name, and for another kind.
    @inlinable
    package func member(_ name: UnsafeRawBufferPointer, of object: Int, in text: UnsafeRawBufferPointer) -> Int? {
        guard self[object].kind == .object else { return nil }
        let end = Int(self[object].next)
        var index = object + 1
        while index < end {
            if isKey(index, name, in: text) { return index &+ 1 }
            index = Int(self[index &+ 1].next)
        }
        return nil
    }

    /// The same, for whoever expects the member at one place: that of a key of this object, or its end.
    @inlinable @inline(__always)
    package func member(
        _ name: UnsafeRawBufferPointer,
        of object: Int,
        expectedAt place: Int,
        in text: UnsafeRawBufferPointer
    ) -> Int? {
        // No two keys of an object are the same, so it does not matter where one is found first.
        guard self[object].kind == .object, place < Int(self[object].next), isKey(place, name, in: text) else {
            return member(name, of: object, in: text)
        }
        return place &+ 1
    }

    @inlinable @inline(__always)
    func isKey(_ index: Int, _ name: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Bool {
        let key = self[index]
        guard !key.hasEscapes else { return Self.isSame(key, name, in: text) }
        return Int(key.length) == name.count && key.bytes(in: text).hasBytes(of: name)
    }

    /// Of a key with escapes: seldom, and so not in the way of the others.
    @usableFromInline @inline(never)
    static func isSame(_ key: JSONNode, _ name: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Bool {
        key.string(in: text) == String(decoding: name, as: UTF8.self)
    }
}
