import PageKit
import Perch
import StrictJSON

/// Data of events as a page shows it.
enum EventData {
    /// A line for each member and element, in two-space indentation. What is not sound JSON stays as it is.
    static func laidOut(_ bytes: [UInt8]) -> String {
        let isSound = (try? JSONDocument(bytes)) != nil
        return String(decoding: isSound ? laidOut(bytes, most: .max, isInLine: false) : bytes, as: UTF8.self)
    }

    /// The same in one line, a blank between its parts.
    ///
    /// - Parameter most: No more of its bytes are looked at.
    static func line(_ bytes: [UInt8], most: Int) -> String {
        let isSound = (try? JSONDocument(bytes)) != nil
        let line = isSound ? laidOut(bytes, most: most, isInLine: true) : Array(bytes.prefix(most))
        // A string may hold breaks that JSON does not know, and what is no JSON any.
        let text = String(decoding: line, as: UTF8.self)
        guard !line.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return text }
        return text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
    }

    private static func laidOut(_ bytes: [UInt8], most: Int, isInLine: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(min(bytes.count, most) * 2)
        var (depth, isInString, isEscaped, isOpened) = (0, false, false, false)
        func breakLine() {
            text.append(UInt8(ascii: isInLine ? " " : "\n"))
            if !isInLine { text += repeatElement(UInt8(ascii: " "), count: 2 * max(0, depth)) }
        }
        for byte in bytes {
            guard text.count < most else { break }
            if isInString {
                text.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            let isClosing = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
            if [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains(byte) {
                continue
            }
            if isClosing { depth -= 1 }
            // Between brackets that have nothing between them is no line.
            if isOpened != isClosing { breakLine() }
            isOpened = false
            text.append(byte)
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): (depth, isOpened) = (depth + 1, true)
            case UInt8(ascii: ","): breakLine()
            case UInt8(ascii: ":"): text.append(UInt8(ascii: " "))
            case UInt8(ascii: "\""): isInString = true
            default: break
            }
        }
        return text
    }
}
