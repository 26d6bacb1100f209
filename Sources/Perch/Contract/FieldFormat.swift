/// What a string must look like.
public struct FieldFormat: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// As JSON Schema and the contract's files spell it: `date-time`.
    public let rawValue: String
    /// Takes any text; no string matches a format that is none of those below.
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
        case .uuid: "a UUID such as 0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f"
        case .dateTime: "a time in UTC with milliseconds such as 2026-11-22T18:30:55.123Z"
        case .date: "a day such as 2026-11-22"
        case .email: "an email address"
        default: rawValue
        }
    }

    func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return switch self {
        case .uuid: Self.isUUID(bytes)
        case .dateTime: Self.isDateTime(bytes)
        case .date: bytes.count == 10 && Self.isDate(bytes[...])
        case .email: Self.isEmail(bytes)
        default: false
        }
    }

    private static func isUUID(_ bytes: [UInt8]) -> Bool {
        bytes.count == 36
            && bytes.indices.allSatisfy { index in
                [8, 13, 18, 23].contains(index)
                    ? bytes[index] == UInt8(ascii: "-") : JSONReader.hexDigit(bytes[index]) != nil
            }
    }

    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard hasShape("0000-00-00", bytes) else { return false }
        let year = number(bytes.prefix(4))
        let month = number(bytes.dropFirst(5).prefix(2))
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains(month) && (1...days[month - 1]).contains(number(bytes.suffix(2)))
    }

    private static func isDateTime(_ bytes: [UInt8]) -> Bool {
        bytes.count == 24 && isDate(bytes[..<10]) && hasShape("T00:00:00.000Z", bytes[10...])
            && number(bytes[11...12]) < 24 && number(bytes[14...15]) < 60 && number(bytes[17...18]) < 60
    }

    private static func isEmail(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }

    /// Whether the bytes are as the shape, in which `0` stands for any digit.
    private static func hasShape(_ shape: String, _ bytes: ArraySlice<UInt8>) -> Bool {
        shape.utf8.count == bytes.count
            && zip(shape.utf8, bytes).allSatisfy { $0 == UInt8(ascii: "0") ? $1 &- 0x30 < 10 : $0 == $1 }
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }
}
