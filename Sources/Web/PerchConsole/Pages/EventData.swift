import PageKit
import Perch
import StrictJSON

/// Data of events as a page shows it.
enum EventData {
    /// A line for each member and element, in two-space indentation. What is not sound JSON stays as it is.
    static func laidOut(_ bytes: [UInt8]) -> String {
        guard (try? JSONDocument(bytes)) != nil else { return String(decoding: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        var (depth, isInString, isEscaped, isOpened) = (0, false, false, false)
        func breakLine() {
            text += [UInt8(ascii: "\n")] + Array(repeating: UInt8(ascii: " "), count: 2 * max(0, depth))
        }
        for byte in bytes {
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
        return String(decoding: text, as: UTF8.self)
    }
}
