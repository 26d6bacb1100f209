/// One value or key of a JSON text: its kind and its bounds. The nodes of a text are in its order; a key's value
/// follows it.
struct JSONNode: Sendable {
    enum Kind: UInt8 {
        case null, `true`, `false`, integer, decimal, string, array, object, key
    }

    let kind: Kind
    let hasEscapes: Bool
    private let start: Int32
    var end: Int32
    /// The index of the first node after this one and all within it.
    var next: Int32

    init(kind: Kind, hasEscapes: Bool = false, start: Int, end: Int, next: Int) {
        self.kind = kind
        self.hasEscapes = hasEscapes
        self.start = Int32(start)
        self.end = Int32(end)
        self.next = Int32(next)
    }

    /// Where it stands in the text, in bytes; of a string without its quotes.
    var bounds: Range<Int> { Int(start)..<Int(end) }

    /// The string of a `.string` or `.key`, its escapes resolved. The text has been checked by then.
    func string(in text: UnsafeRawBufferPointer) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: text[bounds])
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
