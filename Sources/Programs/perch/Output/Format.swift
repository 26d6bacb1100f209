import Foundation
import Perch
import Postgres

/// How values are written for people. What is not known is `-`.
enum Format {
    /// `1,234,567`
    static func count(_ number: (some BinaryInteger)?) -> String {
        guard let number else { return "-" }
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `0s`, `0.4s`, `12s`, `3m 20s`, `5h 10m`, `3d 4h`
    static func age(_ duration: Duration?) -> String {
        guard let duration else { return "-" }
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<10:
            return milliseconds == 0 ? "0s" : "\(max(1, milliseconds / 100) / 10).\(max(1, milliseconds / 100) % 10)s"
        case ..<60: return "\(seconds)s"
        case ..<3600: return two(seconds / 60, "m", seconds % 60, "s")
        case ..<86400: return two(seconds / 3600, "h", seconds % 3600 / 60, "m")
        default: return two(seconds / 86400, "d", seconds % 86400 / 3600, "h")
        }
    }

    private static func two(_ large: Int64, _ unit: String, _ small: Int64, _ smaller: String) -> String {
        small == 0 ? "\(large)\(unit)" : "\(large)\(unit) \(small)\(smaller)"
    }

    /// `0.04`, `1.3`, `12`: two digits that count.
    static func milliseconds(_ duration: Duration) -> String {
        let milliseconds = Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds) / 1e15
        return String(format: milliseconds < 0.995 ? "%.2f" : milliseconds < 9.95 ? "%.1f" : "%.0f", milliseconds)
    }

    /// Events a second: `0`, `0.3`, `12`, `1,200`.
    static func rate(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        if rate == 0 { return "0" }
        return rate < 10 ? String(format: "%.1f", rate) : count(Int(rate.rounded()))
    }

    /// The time of an entry id.
    static func time(_ id: EntryID?) -> String {
        guard let id else { return "-" }
        return Timestamp(milliseconds: id.milliseconds).description
    }

    /// - Parameter many: Where it is not the noun with an s.
    static func plural(_ number: some BinaryInteger, _ noun: String, many: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? noun : many ?? "\(noun)s")"
    }

    /// The lines of a text in one.
    static func line(_ text: String) -> String {
        text.split { $0 == "\n" || $0 == "\r\n" }.joined(separator: " ")
    }

    /// JSON in two-space indentation, members in their order; what is not JSON is left as it is.
    static func pretty(_ data: [UInt8]) -> Shown {
        var result = ""
        var depth = 0
        var isInString = false
        var isEscaped = false
        for character in TerminalText.decoded(data) {
            if isInString {
                result.append(character)
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    isInString = false
                }
                continue
            }
            switch character {
            case "\"":
                isInString = true
                result.append(character)
            case "{", "[":
                depth += 1
                result.append(character)
                result += "\n" + String(repeating: "  ", count: depth)
            case "}", "]":
                depth -= 1
                result += "\n" + String(repeating: "  ", count: max(0, depth))
                result.append(character)
            case ",": result += ",\n" + String(repeating: "  ", count: depth)
            case ":": result += ": "
            case " ", "\n", "\t", "\r": break
            default: result.append(character)
            }
        }
        return Shown(lines: result)
    }
}
