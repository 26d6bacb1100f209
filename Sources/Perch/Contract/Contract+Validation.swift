extension Contract {
    /// Checks the data of one event against its version. Concurrent calls are fine.
    ///
    /// Strict in what is known: the JSON must mean the same to every reader (no duplicate keys, no lone surrogates, no
    /// numbers beyond a double), an integer is written as one (`12.0` is none), `null` is no value. Lenient in what is
    /// not: fields that are not declared are allowed, and a version newer than known is checked as the newest known.
    ///
    /// - Parameter json: the `data` of the event, in UTF-8.
    /// - Returns: everything that is wrong; empty if the event is as declared.
    public func validate(_ json: [UInt8], type: EventType, version: Int) -> [Violation] {
        guard let event = event(type) else {
            let types = topics.flatMap(\.events).map(\.type.rawValue)
            let hint = NearestName.hint(for: type.rawValue, in: types)
            return [Violation(expected: "a declared event type", got: "`\(type)`\(hint)")]
        }
        guard let version = event.version(version) else {
            return [Violation(expected: "version 1 or newer", got: "\(version)")]
        }
        return version.validate(json)
    }
}

extension EventVersion {
    fileprivate func validate(_ json: [UInt8]) -> [Violation] {
        let root: JSONValue
        do {
            root = try JSONDocument(json).root
        } catch {
            return [Violation(expected: "one JSON object", got: error.description)]
        }
        guard root.kind == .object else { return [Violation(expected: "a JSON object", got: root.summary)] }
        return fields.compactMap { field in
            guard let value = root[field.name] else {
                return field.isRequired
                    ? Violation(field: field.name, expected: field.expectation, got: "nothing") : nil
            }
            return field.violation(by: value)
        }
    }
}

extension Field {
    fileprivate func violation(by value: JSONValue) -> Violation? {
        func violation(_ expected: String) -> Violation {
            Violation(field: name, expected: expected, got: value.summary)
        }
        switch (type, value.kind) {
        case (.string, .string):
            let text = value.string ?? ""
            let length = text.unicodeScalars.count
            if let format, !format.matches(text) { return violation(format.expectation) }
            if let allowed, !allowed.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
                return violation(expectation)
            }
            if let minLength, length < minLength { return violation("at least \(minLength) characters") }
            if let maxLength, length > maxLength { return violation("at most \(maxLength) characters") }
        case (.integer, .integer):
            guard let number = Int64(value.lexeme) else { return violation("an integer of 64 bits") }
            if let minimum, number < minimum { return violation("\(minimum) or more") }
            if let maximum, number > maximum { return violation("\(maximum) or less") }
        case (.number, .integer), (.number, .decimal):
            let number = Double(value.lexeme) ?? .nan
            if let minimum, number < Double(minimum) { return violation("\(minimum) or more") }
            if let maximum, number > Double(maximum) { return violation("\(maximum) or less") }
        case (.boolean, .boolean):
            break
        default:
            return violation(expectation)
        }
        return nil
    }

    fileprivate var expectation: String {
        if let allowed { return "one of \(allowed.joined(separator: ", "))" }
        if let format { return format.expectation }
        switch type {
        case .integer: return "an integer"
        case .boolean: return "true or false"
        default: return "a \(type)"
        }
    }
}
