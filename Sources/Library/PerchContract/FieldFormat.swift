import FoundationEssentials
import StrictJSON

/// What a string must look like.
public struct FieldFormat: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// As JSON Schema and the contract's files spell it: `date-time`.
    public let rawValue: String
    /// Takes any text. No string matches a format other than those below.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// As JSON Schema and the contract's files spell it: `date-time`.
    public var description: String { rawValue }

    /// `0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f`, of any version. Capital letters are read, lowercase ones are written.
    public static let uuid = FieldFormat(rawValue: "uuid")
    /// A time in UTC with milliseconds: `2026-11-22T18:30:55.123Z`.
    public static let dateTime = FieldFormat(rawValue: "date-time")
    /// A calendar day: `2026-11-22`.
    public static let date = FieldFormat(rawValue: "date")
    /// Something before and after one `@`, and no blanks: whether mail arrives there only mail can tell.
    public static let email = FieldFormat(rawValue: "email")

    static let all = [uuid, dateTime, date, email]

    /// What is expected, for messages.
    var expectation: String {
        switch self {
        case .uuid: KnownValue.expectation(of: UUID.self)
        case .dateTime: KnownValue.expectation(of: Date.self)
        case .date: "a day such as 2026-11-22"
        case .email: "an email address"
        default: rawValue
        }
    }

    /// - Parameter text: In UTF-8.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .uuid: Self.isUUID(text)
        case .dateTime: Self.isDateTime(text)
        case .date: text.count == 10 && Self.isDate(text)
        case .email: Self.isEmail(text)
        default: false
        }
    }

    private static func isUUID(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 36 else { return false }
        for place in 0..<36 {
            let isHyphen = place == 8 || place == 13 || place == 18 || place == 23
            guard isHyphen ? text[place] == UInt8(ascii: "-") : JSONReader.hexDigit(text[place]) != nil else {
                return false
            }
        }
        return true
    }

    private static func isDate(_ text: UnsafeRawBufferPointer) -> Bool {
        guard hasShape("0000-00-00", text, from: 0) else { return false }
        let year = number(text, 0..<4)
        let month = number(text, 5..<7)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        return (1...12).contains(month) && (1...days).contains(number(text, 8..<10))
    }

    private static func isDateTime(_ text: UnsafeRawBufferPointer) -> Bool {
        text.count == 24 && isDate(text) && hasShape("T00:00:00.000Z", text, from: 10)
            && number(text, 11..<13) < 24 && number(text, 14..<16) < 60 && number(text, 17..<19) < 60
    }

    private static func isEmail(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let at = text.firstIndex(of: UInt8(ascii: "@")), at > 0, at < text.count - 1 else { return false }
        for place in text.indices {
            let byte = text[place]
            guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: "@") || place == at else { return false }
        }
        return true
    }

    /// Whether the bytes from a place on are as the shape, in which `0` stands for any digit.
    private static func hasShape(_ shape: StaticString, _ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard text.count - start >= shape.utf8CodeUnitCount else { return false }
        for place in 0..<shape.utf8CodeUnitCount {
            let (expected, byte) = (shape.utf8Start[place], text[start + place])
            guard expected == UInt8(ascii: "0") ? byte &- 0x30 < 10 : byte == expected else { return false }
        }
        return true
    }

    /// Of a few digits.
    private static func number(_ text: UnsafeRawBufferPointer, _ place: Range<Int>) -> Int {
        place.reduce(0) { $0 * 10 + Int(text[$1]) - 0x30 }
    }
}
