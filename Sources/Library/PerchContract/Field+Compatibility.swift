extension EventVersion {
    func findings(since old: EventVersion) -> [Finding] { fields.findings(since: old.fields, version: number) }
}

/// The fields of one version, or of an object in it.
extension [Field] {
    /// The paths begin with a field's name.
    fileprivate func findings(since old: [Field], version: Int) -> [Finding] {
        let added = filter { field in !old.contains { $0.name == field.name } }
        var found: [Finding] = old.flatMap { before -> [Finding] in
            guard let field = first(where: { $0.name == before.name }) else {
                let hint = renamed(before, among: added).map { " (renamed to `\($0)`?)" } ?? ""
                return [
                    (.fieldRemoved, before.name, "the field was removed\(hint); a version keeps its fields for good")
                ]
            }
            return field.findings(since: before, version: version).map { ($0.code, before.name + $0.path, $0.message) }
        }
        for field in added where field.isRequired {
            let message = "a required field was added to a version that exists; events of it lack the field: make it "
            found.append(
                (.requiredFieldAdded, field.name, message + "`required: false`, or add it in version \(version + 1)")
            )
        }
        return found
    }

    /// The new field that the old one probably became: the nearest name, or the only one declared just so.
    private func renamed(_ old: Field, among added: [Field]) -> String? {
        let alike = added.filter { $0.type == old.type && $0.format == old.format }
        return NearestName.of(old.name, in: alike.map(\.name)) ?? (alike.count == 1 ? alike[0].name : nil)
    }
}

extension Field {
    fileprivate func findings(since old: Field, version: Int) -> [Finding] {
        var found: [Finding] = []
        if type != old.type {
            return [
                (.typeChanged, ".type", "was \(old.type), is \(type); give the new meaning a new name in a new version")
            ]
        }
        if format != old.format {
            let (was, now) = (old.format?.rawValue ?? "any", format?.rawValue ?? "any")
            found.append(
                (.formatChanged, ".format", "was \(was), is \(now); give the new meaning a new name in a new version")
            )
        }
        if isRequired != old.isRequired {
            let message =
                isRequired ? "is required now: events without it exist" : "was required: consumers count on it"
            found.append((.requiredChanged, ".required", message))
        }
        if allowed != old.allowed { found += enumFindings(since: old) }
        found += limitFindings(".minimum", from: old.minimum, to: minimum, isLower: true)
        found += limitFindings(".maximum", from: old.maximum, to: maximum, isLower: false)
        found += limitFindings(
            ".minLength",
            from: old.minLength.map(Int64.init),
            to: minLength.map(Int64.init),
            isLower: true
        )
        found += limitFindings(
            ".maxLength",
            from: old.maxLength.map(Int64.init),
            to: maxLength.map(Int64.init),
            isLower: false
        )
        found += limitFindings(
            ".minItems",
            from: old.minItems.map(Int64.init),
            to: minItems.map(Int64.init),
            isLower: true
        )
        found += limitFindings(
            ".maxItems",
            from: old.maxItems.map(Int64.init),
            to: maxItems.map(Int64.init),
            isLower: false
        )
        if let items, let before = old.items {
            found += items.findings(since: before, version: version).map { ($0.code, ".items\($0.path)", $0.message) }
        }
        found += fields.findings(since: old.fields, version: version).map {
            ($0.code, ".fields.\($0.path)", $0.message)
        }
        return found
    }

    private func enumFindings(since old: Field) -> [Finding] {
        let deploy = "deploy the consumers first, then the producer"
        switch (old.allowed, allowed) {
        case (let old?, let new?):
            let (gone, added) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
            var found: [Finding] = []
            if !gone.isEmpty {
                let message = "no longer allows \(gone.joined(separator: ", ")): events with it exist"
                found.append((.enumNarrowed, ".enum", message))
            }
            if !added.isEmpty {
                let message = "allows \(added.joined(separator: ", ")) now, which consumers of today refuse: \(deploy)"
                found.append((.enumWidened, ".enum", message))
            }
            return found
        case (nil, _):
            return [(.enumNarrowed, ".enum", "allowed every string: events with others may exist")]
        case (_, nil):
            return [(.enumWidened, ".enum", "allows every string now, which consumers of today may refuse: \(deploy)")]
        }
    }

    private func limitFindings(_ path: String, from old: Int64?, to new: Int64?, isLower: Bool) -> [Finding] {
        guard old != new else { return [] }
        let (was, now) = (old.map(String.init) ?? "none", new.map(String.init) ?? "none")
        let isNarrower = new.map { new in old.map { isLower ? new > $0 : new < $0 } ?? true } ?? false
        return isNarrower
            ? [(.limitNarrowed, path, "was \(was), is \(now): events outside of it may exist")]
            : [(.limitWidened, path, "was \(was), is \(now): deploy the consumers first, then the producer")]
    }
}
