import PageKit
import Perch
import StrictJSON

/// The data of events as pages show it.
enum EventData {
    /// The data with a line a member, its numbers and strings as they were published; `•••` where the viewer may not see it.
    static func shown(_ bytes: [UInt8], of type: EventType?, _ visit: Visit) -> String {
        guard visit.may(.seeData) else { return "•••" }
        guard (try? JSONDocument(bytes)) != nil else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: indented(bytes), as: UTF8.self)
    }

    /// Of sound JSON.
    private static func indented(_ json: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(json.count * 2)
        var (depth, isInString, isEscaped) = (0, false, false)
        func line() -> [UInt8] { Array(("\n" + String(repeating: "  ", count: depth)).utf8) }
        for (index, byte) in json.enumerated() {
            if isInString {
                text.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                text.append(byte)
                let next = json[(index + 1)...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
                depth += 1
                if next != UInt8(ascii: "}"), next != UInt8(ascii: "]") { text += line() }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if text.last != UInt8(ascii: "{"), text.last != UInt8(ascii: "[") { text += line() }
                text.append(byte)
            case UInt8(ascii: ","):
                text.append(byte)
                text += line()
            case UInt8(ascii: ":"): text += Array(": ".utf8)
            default:
                text.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }
        return text
    }
}
