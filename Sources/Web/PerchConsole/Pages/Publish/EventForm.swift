import Foundation
import PageKit
import Perch
import PerchContract
import StrictJSON

/// A form made of an event's fields as the contract has them, and the data that it comes to.
struct EventForm {
    /// Before the name of each of its fields, so that none is taken for another of the form's.
    static let prefix = "d."
    private static let most = 100_000

    private let version: EventVersion
    /// As they were typed, by the contract's names.
    private let texts: [String: String]
    /// What is wrong, by the contract's names.
    private(set) var errors: [String: String] = [:]
    /// JSON; nil where something is wrong.
    private(set) var data: [UInt8]?

    /// - Parameter fields: nil: nothing was typed yet.
    init(_ version: EventVersion, _ fields: FormFields?) {
        self.version = version
        var texts: [String: String] = [:]
        for field in version.fields { texts[field.name] = fields?[Self.prefix + field.name] }
        self.texts = texts
        guard fields != nil else { return }
        var members: [String] = []
        for field in version.fields {
            // Lines of a textarea come with carriage returns.
            let text = (texts[field.name] ?? "").replacing("\r\n", with: "\n")
            if text.isEmpty, !field.isRequired { continue }
            do {
                members.append("\(Self.quoted(field.name)):\(try Self.value(text, field))")
            } catch {
                errors[field.name] = error.words
            }
        }
        if errors.isEmpty { data = Array("{\(members.joined(separator: ","))}".utf8) }
    }

    private struct Wrong: Error {
        let words: String
    }

    /// A value as JSON. Numbers stay as they were typed, however large.
    private static func value(_ text: String, _ field: Field) throws(Wrong) -> String {
        switch field.type {
        case .string: return quoted(text)
        case .boolean:
            guard text == "true" || text == "false" else { throw Wrong(words: "Choose true or false") }
            return text
        default:
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !trimmed.isEmpty else { throw Wrong(words: "It is required") }
            // Read alone, so that no text becomes two members.
            guard (try? JSONDocument(Array(trimmed.utf8))) != nil else {
                throw Wrong(words: field.type == .array || field.type == .object ? "It is no JSON" : "It is no number")
            }
            return trimmed
        }
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    /// What is typed into.
    var shown: [FormField] { version.fields.map(shown) }

    private func shown(_ field: Field) -> FormField {
        FormField(
            Self.prefix + field.name,
            field.name,
            Self.kind(field),
            value: texts[field.name] ?? "",
            hint: Self.hint(field),
            longest: field.type == .string ? field.maxLength ?? Self.most : Self.most,
            isRequired: field.isRequired,
            error: errors[field.name]
        )
    }

    private static func kind(_ field: Field) -> FormField.Kind {
        let none = field.isRequired ? [] : [FormField.Choice("", "leave it out")]
        switch field.type {
        case .string:
            if let allowed = field.allowed { return .select(none + allowed.map { .init($0, $0) }) }
            return .text
        case .boolean: return .select(none + [.init("true", "true"), .init("false", "false")])
        case .integer, .number: return .text
        default: return .lines(rows: 3)
        }
    }

    private static func hint(_ field: Field) -> String {
        var parts = [field.kind]
        if let least = field.minimum { parts.append("at least \(least)") }
        if let most = field.maximum { parts.append("at most \(most)") }
        if let least = field.minLength { parts.append("at least \(least) characters") }
        if let most = field.maxLength { parts.append("at most \(most) characters") }
        if field.type == .array || field.type == .object { parts.append("as JSON") }
        return parts.joined(separator: ", ") + (field.description.isEmpty ? "" : ": \(field.description)")
    }
}
