/// What others wrote, as a terminal may be given it: what would command the terminal, or turn its text around, is written
/// out (`\u{1b}`, `\u{202e}`).
///
/// That is Cc, Cf, Zl and Zp of Unicode: escapes, the C1 controls, bidirectional controls, invisible characters, and what
/// begins a line or a paragraph.
package enum TerminalText {
    /// In one line: also its ends of lines and tabs are written out.
    package static func line(_ text: String) -> String { escaped(text) { isHarmless($0) } }

    /// Its lines and tabs stay.
    package static func lines(_ text: String) -> String {
        escaped(text.contains("\r\n") ? text.replacing("\r\n", with: "\n") : text) { scalar in
            scalar == "\n" || scalar == "\t" || isHarmless(scalar)
        }
    }

    /// A JSON text: the same value, with `\u009b` where a terminal would perform a character of a string.
    ///
    /// In sound JSON such characters stand in strings only, but for ends of lines and tabs between its tokens.
    package static func json(_ text: String) -> String {
        guard !isPlain(text) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" || isHarmless(scalar) {
                result.unicodeScalars.append(scalar)
            } else if scalar == "\r" {
                // Between tokens, where an escape would be none; in a string JSON has it escaped already.
                result += " "
            } else {
                for unit in UTF16.encode(scalar) ?? .init() {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result
    }

    /// Bytes as text: what is no UTF-8 becomes `\x{ff}`, a byte each.
    package static func decoded(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var result = ""
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var place = 0
        while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let encoded):
                result.unicodeScalars.append(Unicode.UTF8.decode(encoded))
                place += encoded.count
            case .error(let length):
                for byte in bytes[place..<place + length] { result += "\\x{\(String(byte, radix: 16))}" }
                place += length
            case .emptyInput: return result
            }
        }
    }

    private static func escaped(_ text: String, unless isAllowed: (Unicode.Scalar) -> Bool) -> String {
        guard !isPlain(text) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isAllowed(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }

    /// Nearly all text is: nothing of it needs a look at Unicode's tables.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7E).contains($0) } }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
