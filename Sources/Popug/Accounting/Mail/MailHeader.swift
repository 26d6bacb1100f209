import Foundation
import Postgres

/// How values are written into the headers of mails.
enum MailHeader {
    /// Begins a new line within a header.
    static let fold = "\r\n "

    /// One line of printable text, of a length that fits in any line of a mail: controls, line ends and marks that turn the
    /// direction of writing become blanks.
    static func oneLine(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
            default: scalar
            }
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars.prefix(200))
        return String(line).split(separator: " ").joined(separator: " ")
    }

    /// The name of a receiver: words of letters and digits as they are, anything else encoded (RFC 2047), which no character
    /// can break out of.
    static func phrase(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x20, UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
        guard !isPlain || text.utf8.count > 60 else { return text }
        return encodedWords(text).joined(separator: fold)
    }

    /// `Sun, 22 Nov 2026 18:30:55 +0000`
    static func date(_ time: Timestamp) -> String {
        let day = time.date
        let weekday = (day.daysSince1970 % 7 + 7) % 7
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = time.description.dropFirst(11).prefix(8)
        return "\(days[weekday]), \(day.day) \(months[day.month - 1]) \(day.year) \(clock) +0000"
    }

    /// At most 75 characters each, and no character is cut in two.
    private static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var bytes: [UInt8] = []
        func finish() {
            words.append("=?utf-8?B?\(Data(bytes).base64EncodedString())?=")
            bytes = []
        }
        for scalar in text.unicodeScalars {
            let encoded = Array(String(scalar).utf8)
            if bytes.count + encoded.count > 45 { finish() }
            bytes += encoded
        }
        finish()
        return words
    }
}
