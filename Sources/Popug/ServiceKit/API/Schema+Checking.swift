import Foundation
import Perch
import Postgres
import StrictJSON

extension Schema {
    /// Everything in which a JSON value is not as described. Members that are not described are let pass.
    func problems(of value: JSONValue, at name: String = "") -> [Problem.InvalidValue] {
        func wrong(_ expected: String) -> [Problem.InvalidValue] {
            [.init(name: name.isEmpty ? "body" : name, message: "expected \(expected), got \(value.kindName)")]
        }
        switch (self, value.kind) {
        case (.text, .string), (.choice, .string), (.either, .string):
            return (problem(of: value.string ?? "").map { [.init(name: name, message: $0)] }) ?? []
        case (.whole(let range), .integer):
            guard let number = Int64(value.lexeme), range.contains(number) else {
                return [.init(name: name, message: "expected \(expectation)")]
            }
            return []
        case (.boolean, .boolean):
            return []
        case (.list(let element), .array):
            return value.elements.enumerated().flatMap { element.problems(of: $1, at: "\(name)[\($0)]") }
        case (.structure(_, let properties), .object):
            return properties.flatMap { property -> [Problem.InvalidValue] in
                let path = name.isEmpty ? property.name : "\(name).\(property.name)"
                guard let member = value[property.name] else {
                    return property.isRequired
                        ? [.init(name: path, message: "expected \(property.schema.expectation), got nothing")] : []
                }
                return property.schema.problems(of: member, at: path)
            }
        default:
            return wrong(expectation)
        }
    }

    /// What is wrong with a text, from a body or from a parameter; nil if nothing is.
    func problem(of text: String) -> String? {
        switch self {
        case .text(let format, let length, _):
            guard !text.unicodeScalars.contains("\0") else { return "expected no NUL character" }
            if let format, !format.matches(text) { return "expected \(expectation)" }
            return length.contains(text.unicodeScalars.count) ? nil : "expected \(expectation)"
        case .choice(let choices):
            return choices.contains { $0.utf8.elementsEqual(text.utf8) } ? nil : "expected \(expectation)"
        case .either(let choices, let schema):
            return Schema.choice(choices).problem(of: text) == nil || schema.problem(of: text) == nil
                ? nil : "expected \(expectation)"
        case .whole(let range):
            // The same lexemes as in JSON: no sign of plus, no leading zero.
            guard let number = Int64(text), String(number) == text, range.contains(number) else {
                return "expected \(expectation)"
            }
            return nil
        case .boolean:
            return text == "true" || text == "false" ? nil : "expected \(expectation)"
        case .list, .structure:
            return "expected no text"
        }
    }

    /// What a value must be, after the word "expected".
    var expectation: String {
        switch self {
        case .text(.uuid, _, _): "a UUID"
        case .text(.date, _, _): "a day such as 2026-11-22"
        case .text(.dateTime, _, _): "a time such as 2026-11-22T18:30:55.123Z"
        case .text(.email, _, _): "an email address"
        case .text(_, let length, _) where length == 0...Self.longestText: "a string"
        case .text(_, let length, _) where length.lowerBound == 0: "a string of at most \(length.upperBound) characters"
        case .text(_, let length, _): "a string of \(length.lowerBound) to \(length.upperBound) characters"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        case .either(let choices, let schema): "\(choices.joined(separator: ", ")) or \(schema.expectation)"
        case .whole(let range) where range == .min ... .max: "a whole number"
        case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .list: "an array"
        case .structure: "an object"
        }
    }
}

extension Schema.Format {
    fileprivate func matches(_ text: String) -> Bool {
        switch self {
        case .uuid: text.utf8.count == 36 && UUID(uuidString: text) != nil
        case .date: CalendarDate(text) != nil
        case .dateTime: Timestamp(text) != nil
        // Who owns the value says more: see `NewUser`.
        case .email: text.contains("@")
        case .password: true
        }
    }
}
