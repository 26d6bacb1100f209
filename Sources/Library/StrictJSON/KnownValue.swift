import Foundation
import Times

/// A value whose type has no JSON of its own that other readers would understand, as the JSON that it becomes: a `Date` would be
/// the seconds since 2001, a `Decimal` its exponent and the words of its mantissa, a `URL` an object, `Data` a list of numbers.
package enum KnownValue {
    case string(String)
    case number(String)

    /// Whether values of the type are written and read here and not by themselves.
    static func isKnown<T>(_ type: T.Type) -> Bool {
        type == UUID.self || type == Date.self || type == Decimal.self || type == Data.self || type == URL.self
            || type == Duration.self
    }

    /// - Throws: `EncodingError` for a value that has no JSON.
    init<T>(_ value: T, _ path: @autoclosure () -> [any CodingKey]) throws {
        switch value {
        case let id as UUID:
            self = .string(id.lowercaseText)
        case let date as Date:
            guard let time = Timestamp(date) else {
                throw EncodingError.invalid(date, path(), "a date outside the years 0 to 9999")
            }
            self = .string(time.description)
        case let decimal as Decimal:
            guard decimal.isFinite else { throw EncodingError.isNotFinite(decimal, path()) }
            self = .number(decimal.description)
        case let data as Data:
            self = .string(data.base64EncodedString())
        case let url as URL:
            self = .string(url.absoluteString)
        default:
            throw EncodingError.invalid(
                value,
                path(),
                "\(T.self) has no form in JSON; write its seconds or milliseconds, as the contract says"
            )
        }
    }

    /// What `init` has made of a value; nil where it is something else.
    static func read<T>(_ type: T.Type, from value: JSONValue) -> T? {
        if type == Date.self { return value.string.flatMap { Timestamp($0) }?.foundationDate as? T }
        if type == Decimal.self { return Decimal(exactly: value) as? T }
        if type == Data.self { return value.string.flatMap { Data(base64Encoded: $0) } as? T }
        if type == URL.self { return value.string.flatMap { URL(string: $0) } as? T }
        return nil
    }

    /// For messages.
    package static func expectation<T>(of type: T.Type) -> String {
        if type == UUID.self { return "a UUID such as 0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f" }
        if type == Date.self { return "a time in UTC with milliseconds such as 2026-11-22T18:30:55.123Z" }
        if type == Decimal.self { return "a number of at most \(Decimal.digitLimit) digits" }
        if type == Data.self { return "a string in base64" }
        if type == URL.self { return "a URL" }
        return "another type than \(T.self), which has no form in JSON"
    }
}

extension Timestamp {
    /// To the nearest millisecond; nil outside the years that RFC 3339 has.
    init?(_ date: Date) {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        // From 0000-01-01 up to 10000-01-01.
        guard milliseconds >= -62_167_219_200_000, milliseconds < 253_402_300_800_000,
            let whole = Int64(exactly: milliseconds)
        else { return nil }
        self.init(milliseconds: whole)
    }

    var foundationDate: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
