extension EventVersion {
    /// Where this version does not repeat the one before: the field and what is wrong.
    func changes(since previous: EventVersion) -> [(field: String, message: String)] {
        previous.fields.compactMap { old in
            guard let new = field(old.name) else {
                return (old.name, "missing: version \(previous.number) has it, and a version only adds fields")
            }
            guard new.repeats(old) else {
                return (
                    old.name,
                    "not as in version \(previous.number): a version only adds fields; give the new meaning a new name"
                )
            }
            return nil
        }
    }
}

extension Field {
    /// The field without what is only for people.
    var constraints: Field { constraints(fields: fields.map(\.constraints), items: items?.constraints) }

    private func constraints(fields: [Field], items: Field?) -> Field {
        Field(
            name: name,
            type: type,
            format: format,
            allowed: allowed.map { $0.sorted() },
            isRequired: isRequired,
            minimum: minimum,
            maximum: maximum,
            minLength: minLength,
            maxLength: maxLength,
            minItems: minItems,
            maxItems: maxItems,
            fields: fields,
            items: items
        )
    }

    /// Whether a later version may have this for the field of an earlier one: it is the same but for fields that an object
    /// has beside its old ones.
    fileprivate func repeats(_ old: Field) -> Bool {
        guard constraints(fields: [], items: nil) == old.constraints(fields: [], items: nil) else { return false }
        guard old.fields.allSatisfy({ before in field(before.name)?.repeats(before) ?? false }) else { return false }
        switch (items, old.items) {
        case (nil, nil): return true
        case (let items?, let before?): return items.repeats(before)
        default: return false
        }
    }

    /// The paths are relative to the field.
    func contradictions() -> [(path: String, message: String)] {
        var found = limitContradictions()
        if !isLowercase(name, joinedBy: "_") { found.append(("", "expected a name in snake_case, got `\(name)`")) }
        if let allowed {
            if allowed.isEmpty { found.append((".enum", "expected at least one value, got none")) }
            if Set(allowed).count != allowed.count { found.append((".enum", "expected every value once")) }
        }
        for field in fields {
            found += field.contradictions().map { (".fields.\(field.name)\($0)", $1) }
        }
        if let items { found += items.contradictions().map { (".items\($0)", $1) } }
        return found
    }

    private func limitContradictions() -> [(path: String, message: String)] {
        var found: [(path: String, message: String)] = []
        func only(_ types: [FieldType], _ name: String, _ isGiven: Bool, _ rule: String) {
            if isGiven, !types.contains(type) { found.append((".\(name)", "\(rule); the type is \(type)")) }
        }
        only([.string], "format", format != nil, "only a string has a format")
        only([.string], "enum", allowed != nil, "only a string has an enum")
        only([.string], "minLength", minLength != nil, "only a string has a length")
        only([.string], "maxLength", maxLength != nil, "only a string has a length")
        only([.integer, .number], "minimum", minimum != nil, "only a number has limits")
        only([.integer, .number], "maximum", maximum != nil, "only a number has limits")
        only([.array], "minItems", minItems != nil, "only an array has elements")
        only([.array], "maxItems", maxItems != nil, "only an array has elements")
        if let minimum, let maximum, minimum > maximum {
            found.append((".minimum", "expected at most the maximum \(maximum), got \(minimum)"))
        }
        if let minLength, let maxLength, minLength > maxLength {
            found.append((".minLength", "expected at most maxLength \(maxLength), got \(minLength)"))
        }
        if let minItems, let maxItems, minItems > maxItems {
            found.append((".minItems", "expected at most maxItems \(maxItems), got \(minItems)"))
        }
        let counts = [
            ("minLength", minLength), ("maxLength", maxLength), ("minItems", minItems), ("maxItems", maxItems),
        ]
        for (name, count) in counts {
            if let count, count < 0 { found.append((".\(name)", "expected 0 or more, got \(count)")) }
        }
        return found
    }
}
