import StrictJSON

/// Values that must not stand in a text. Looking for them takes as long as the text is, however many they are.
struct Secrets: Sendable {
    /// The data could not be read, so any text may hold some of it.
    let areUnknown: Bool
    /// Each eight bytes in a row of longer values: so a value that a message has cut is found too.
    private var windows: Set<UInt64> = []
    /// Shorter strings.
    private var words: Set<UInt64> = []
    /// Shorter numbers, without their sign and as short as they can be written.
    private var numbers: Set<UInt64> = []

    init() { areUnknown = false }

    private init(areUnknown: Bool) { self.areUnknown = areUnknown }

    static let unknown = Secrets(areUnknown: true)

    /// Strings of fewer characters are looked for as whole words.
    private static let leastPart = 4
    /// Numbers of fewer digits mean nothing.
    private static let leastDigits = 4

    // MARK: What they are

    mutating func insert(_ node: JSONNode, in text: UnsafeRawBufferPointer) {
        switch node.kind {
        case .string, .key:
            let string = node.string(in: text)
            insert(string.utf8)
            insert(node.bytes(in: text))
            var json: [UInt8] = []
            json.appendAnyJSON(string)
            insert(json.dropFirst().dropLast())
        case .integer, .decimal:
            insert(number: node.bytes(in: text))
        default:
            break
        }
    }

    private mutating func insert(_ string: some Collection<UInt8>) {
        let folded = FoldedText(string).bytes
        if folded.count < 8 {
            if !folded.isEmpty { words.insert(Self.pack(folded)) }
        } else {
            insert(windowsOf: folded)
        }
    }

    private mutating func insert(number: some Collection<UInt8>) {
        let digits = Self.shortest(number.drop { $0 == UInt8(ascii: "-") })
        guard digits.lazy.filter(\.isDigit).count >= Self.leastDigits else { return }
        if digits.count < 8 { numbers.insert(Self.pack(digits)) } else { insert(windowsOf: digits) }
    }

    private mutating func insert(windowsOf bytes: some Collection<UInt8>) {
        var window: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            window = window << 8 | UInt64(truncatingIfNeeded: byte)
            if index >= 7 { windows.insert(window) }
        }
    }

    // MARK: Where they are

    func masked(_ text: String) -> String {
        if areUnknown { return text.isEmpty ? "" : Masking.mask }
        guard !(windows.isEmpty && words.isEmpty && numbers.isEmpty) else { return text }
        let folded = FoldedText(text.utf8)
        let bytes = folded.bytes
        var isSecret = [Bool](repeating: false, count: text.utf8.count)
        func hide(_ place: Range<Int>) { for index in place { isSecret[folded.origins[index]] = true } }

        var window: UInt64 = 0
        for index in bytes.indices {
            window = window << 8 | UInt64(truncatingIfNeeded: bytes[index])
            if index >= 7, windows.contains(window) { hide(index - 7..<index + 1) }
            if let number = Self.number(at: index, of: bytes), numbers.contains(Self.pack(Self.shortest(bytes[number])))
            {
                hide(number)
            }
            for length in 1..<8 where index + length <= bytes.count {
                let place = index..<index + length
                guard words.contains(Self.pack(bytes[place])) else { continue }
                let count = bytes[place].lazy.filter { !$0.isWithinCharacter }.count
                if count >= Self.leastPart || Self.isWord(place, of: bytes) { hide(place) }
            }
        }
        return Self.masked(Array(text.utf8), isSecret)
    }

    /// Whole characters only: a part of one is none.
    private static func masked(_ bytes: [UInt8], _ isSecret: [Bool]) -> String {
        var masked: [UInt8] = []
        var place = 0
        var wasSecret = false
        while place < bytes.count {
            var end = place + 1
            while end < bytes.count, bytes[end].isWithinCharacter { end += 1 }
            let isHidden = isSecret[place..<end].contains(true)
            if !isHidden { masked += bytes[place..<end] } else if !wasSecret { masked += Masking.mask.utf8 }
            wasSecret = isHidden
            place = end
        }
        return String(decoding: masked, as: UTF8.self)
    }

    /// A number that begins here: digits, perhaps with a fraction.
    private static func number(at start: Int, of bytes: [UInt8]) -> Range<Int>? {
        guard bytes[start].isDigit, start == 0 || !bytes[start - 1].isDigit else { return nil }
        var end = start
        while end < bytes.count, bytes[end].isDigit { end += 1 }
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), bytes[end + 1].isDigit {
            end += 1
            while end < bytes.count, bytes[end].isDigit { end += 1 }
        }
        return start..<end
    }

    private static func isWord(_ place: Range<Int>, of bytes: [UInt8]) -> Bool {
        let before = place.lowerBound > 0 && bytes[place.lowerBound].isOfWord && bytes[place.lowerBound - 1].isOfWord
        let after =
            place.upperBound < bytes.count && bytes[place.upperBound - 1].isOfWord && bytes[place.upperBound].isOfWord
        return !before && !after
    }

    /// Without zeros that say nothing: `12.50` is `12.5`, and `7.0` is `7`.
    private static func shortest(_ number: some Collection<UInt8>) -> [UInt8] {
        var digits = Array(number)
        guard digits.contains(UInt8(ascii: ".")), digits.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) else {
            return digits
        }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.last == UInt8(ascii: ".") { digits.removeLast() }
        return digits
    }

    /// At most seven bytes, and how many they are; more are none.
    private static func pack(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.count < 8
            ? bytes.reduce(UInt64(truncatingIfNeeded: bytes.count)) { $0 << 8 | UInt64(truncatingIfNeeded: $1) }
            : 0
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self &- 0x30 < 10 }
    fileprivate var isWithinCharacter: Bool { self & 0xC0 == 0x80 }
    /// A small letter, also one beyond ASCII, or a digit.
    fileprivate var isOfWord: Bool { isDigit || self &- 0x61 < 26 || self >= 0x80 }
}
