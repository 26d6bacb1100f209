extension JSONReader {
    /// Reads a string or a key from its opening to its closing quote; the node's bounds are the text between.
    mutating func readString(as kind: JSONNode.Kind) throws(JSONError) {
        let start = position &+ 1
        position = start
        var spelling = JSONNode.Spelling.ascii
        while true {
            skipPlain()
            guard position < limit else { break }
            switch byte(at: position) {
            case UInt8(ascii: "\""):
                append(kind, spelling: spelling, from: start, to: position)
                position &+= 1
                return
            case UInt8(ascii: "\\"):
                spelling = .escapes
                try readEscape()
            case 0x00..<0x20:
                throw JSONError(offset: position, message: "a control character in a string, not written as an escape")
            case 0x20..<0x80:
                position &+= 1
            default:
                if spelling == .ascii { spelling = .unicode }
                try readMultibyteScalar()
            }
        }
        throw expected("a quote that ends the string")
    }

    /// Passes over characters that need no look of their own, eight at a time: neither a quote, a backslash, a control
    /// character nor a part of a longer scalar.
    @inline(__always)
    private mutating func skipPlain() {
        var place = position
        defer { position = place }
        while limit &- place >= 8 {
            let word = word(at: place)
            let found = word.escapedInJSON | word & 0x8080_8080_8080_8080
            guard found == 0 else {
                place &+= found.trailingZeroBitCount / 8
                return
            }
            place &+= 8
        }
    }

    private mutating func readEscape() throws(JSONError) {
        let start = position
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            switch try readHex() {
            case 0:
                throw JSONError(offset: start, message: "the escape \\u0000, which Postgres cannot keep")
            case 0xD800..<0xDC00:
                guard current == UInt8(ascii: "\\"), position + 1 < text.count, text[position + 1] == UInt8(ascii: "u")
                else { throw JSONError(offset: start, message: "half of a surrogate pair") }
                position += 2
                guard (0xDC00..<0xE000).contains(try readHex()) else {
                    throw JSONError(offset: start, message: "half of a surrogate pair")
                }
            case 0xDC00..<0xE000:
                throw JSONError(offset: start, message: "half of a surrogate pair")
            default:
                break
            }
        default:
            throw expected("an escape: one of \" \\ / b f n r t u")
        }
    }

    private mutating func readHex() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        let end = position + 4
        while position < end, let digit = current.flatMap({ Self.hexDigit($0) }) {
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard position == end else { throw expected("a hexadecimal digit") }
        return value
    }

    package static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Checks one scalar of two to four bytes by the table of well-formed UTF-8 (Unicode, table 3-7): no overlong
    /// forms, no surrogates, nothing past U+10FFFF.
    private mutating func readMultibyteScalar() throws(JSONError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch text[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError(offset: position, message: "a byte that is not UTF-8")
        }
        guard text.count - position >= length, second.contains(text[position + 1]),
            text[position + 2..<position + length].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { throw JSONError(offset: position, message: "a byte that is not UTF-8") }
        position += length
    }

    // MARK: Duplicate keys

    /// Keys are the same if they are the same Swift string, so canonically equivalent spellings count as one too: a
    /// dictionary of Foundation would keep one of them.
    func refuseDuplicateKeys(of object: Int) throws(JSONError) {
        guard let key = withNodes({ $0.duplicateKey(of: object, in: text) }) else { return }
        throw JSONError(offset: withNodes { $0[key].bounds.lowerBound } - 1, message: "a key for the second time")
    }
}

extension UnsafeBufferPointer<JSONNode> {
    /// The first key of an object that one before it is the same as.
    fileprivate func duplicateKey(of object: Int, in text: UnsafeRawBufferPointer) -> Int? {
        let end = Int(self[object].next)
        var key = object + 1
        var count = 0
        // A bit for each key, by its length and its first byte, or the quote behind an empty one: where the bit is new,
        // so is the key.
        var seen: UInt64 = 0
        while key < end {
            count &+= 1
            // Few plain keys, nearly always: comparing their bytes needs no strings.
            guard self[key].spelling == .ascii, count <= 16 else { return duplicateString(of: object, in: text) }
            let first = text[self[key].bounds.lowerBound]
            let bit: UInt64 = 1 << UInt64((UInt32(first) &+ UInt32(bitPattern: self[key].length)) % 64)
            if seen & bit != 0, hasKey(self[key], from: object + 1, before: key, in: text) { return key }
            seen |= bit
            key = Int(self[key &+ 1].next)
        }
        return nil
    }

    /// Whether one of these keys is the same, all of them plain.
    private func hasKey(_ key: JSONNode, from first: Int, before end: Int, in text: UnsafeRawBufferPointer) -> Bool {
        var earlier = first
        while earlier < end {
            if self[earlier].length == key.length, self[earlier].bytes(in: text).hasBytes(of: key.bytes(in: text)) {
                return true
            }
            earlier = Int(self[earlier &+ 1].next)
        }
        return false
    }

    private func duplicateString(of object: Int, in text: UnsafeRawBufferPointer) -> Int? {
        var seen: Set<String> = []
        var key = object + 1
        while key < Int(self[object].next) {
            guard seen.insert(self[key].string(in: text)).inserted else { return key }
            key = Int(self[key + 1].next)
        }
        return nil
    }
}
