import Perch

/// What a JSON value looks like: the part of JSON Schema that our calls need. It both checks requests and describes them.
///
/// [JSON Schema 2020-12](https://json-schema.org/draft/2020-12/schema)
public indirect enum Schema: Sendable, Hashable {
    /// A text. Lengths are in Unicode scalars. A pattern describes only: it is not checked.
    case text(format: Format?, length: ClosedRange<Int>, pattern: String?)
    /// One of these texts.
    case choice([String])
    /// One of these texts, or what the schema says.
    case either([String], or: Schema)
    /// A whole number, written without fraction and exponent.
    case whole(ClosedRange<Int64>)
    /// True or false.
    case boolean
    /// A list of values.
    case list(Schema)
    /// Members by their names; with a name of its own it is described once.
    case structure(name: String?, [Property])

    /// What a text means.
    public enum Format: String, Sendable, Hashable {
        /// A UUID in its 36 characters.
        case uuid
        /// A day: `2026-11-22`.
        case date
        /// RFC 3339 in UTC with milliseconds.
        case dateTime = "date-time"
        /// An address for mail, as far as its form goes.
        case email
        /// A password: anything, and not shown.
        case password
    }

    /// A member of an object.
    public struct Property: Sendable, Hashable {
        let name: String
        let schema: Schema
        let isRequired: Bool
        let note: String?

        /// A member that is always there.
        public static func required(_ name: String, _ schema: Schema, _ note: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: true, note: note)
        }

        /// A member that is left out where there is nothing to say; it is never null.
        public static func optional(_ name: String, _ schema: Schema, _ note: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: false, note: note)
        }
    }

    /// The longest text that any call takes, where no other length is said.
    public static let longestText = 16_384

    /// A text.
    public static func string(
        _ format: Format? = nil,
        length: ClosedRange<Int> = 0...longestText,
        pattern: String? = nil
    ) -> Schema { .text(format: format, length: length, pattern: pattern) }

    /// A text of one line: no control and no deceptive characters, and not blanks alone. That it is one is up to who owns
    /// the value.
    public static func line(length: ClosedRange<Int>) -> Schema {
        let refused = pattern(of: DeceptiveCharacters.ranges)
        let unseen = pattern(of: DeceptiveCharacters.joining)
        return .string(length: length, pattern: #"^[^\#(refused)]*[^\s\#(refused)\#(unseen)][^\#(refused)]*$"#)
    }

    /// A text of any number of lines, without other control and deceptive characters. That it is one is up to who owns the
    /// value.
    public static func lines(length: ClosedRange<Int>) -> Schema {
        .string(length: length, pattern: #"^[^\#(pattern(of: DeceptiveCharacters.rangesBesideLineBreaks))]*$"#)
    }

    /// Ranges of characters as a class of a regular expression has them. There is no escape for those beyond U+FFFF that all
    /// kinds of expressions know: they stand for themselves.
    private static func pattern(of ranges: [ClosedRange<UInt32>]) -> String {
        func text(_ value: UInt32) -> String {
            guard value > 0xFFFF else {
                let digits = String(value, radix: 16, uppercase: true)
                return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            }
            return Unicode.Scalar(value).map { String(Character($0)) } ?? ""
        }
        return ranges.map { $0.count == 1 ? text($0.lowerBound) : "\(text($0.lowerBound))-\(text($0.upperBound))" }
            .joined()
    }

    /// A whole number; default: any of 64 bits.
    public static func integer(in range: ClosedRange<Int64> = .min ... .max) -> Schema { .whole(range) }

    /// An amount of money in cents.
    public static let cents = Schema.integer()
    /// An id.
    public static let id = Schema.string(.uuid, length: 36...36)
    /// A day.
    public static let day = Schema.string(.date, length: 10...10)
    /// A point in time.
    public static let time = Schema.string(.dateTime)

    /// One of the values of an enumeration.
    public static func oneOf<E: RawRepresentable<String> & CaseIterable>(_ type: E.Type) -> Schema {
        .choice(type.allCases.map(\.rawValue))
    }

    /// A list of values.
    public static func array(_ element: Schema) -> Schema { .list(element) }

    /// An object with a name of its own in the API's description.
    public static func object(_ name: String, _ properties: [Property]) -> Schema {
        .structure(name: name, properties)
    }

    /// An object without a name.
    public static func object(_ properties: [Property]) -> Schema { .structure(name: nil, properties) }

    /// A page of a list of these.
    public static func page(of item: Schema) -> Schema {
        guard case .structure(let name?, _) = item else { return .object(.page(of: item)) }
        return .object("\(name)Page", .page(of: item))
    }
}

extension [Schema.Property] {
    fileprivate static func page(of item: Schema) -> [Schema.Property] {
        [
            .required("items", .array(item)),
            .optional("next_cursor", .string(), "Where the next page begins; left out on the last."),
        ]
    }
}
