extension Contract {
    /// What in this contract breaks with an earlier one: events that lie in streams and archives would no longer be as
    /// declared, or consumers that run would not understand new ones. Empty if it can replace the earlier one.
    public func incompatibilities(from old: Contract) -> [Incompatibility] {
        findings(since: old).filter { !$0.isCaution } + droppedFields
    }

    /// What may be changed, but not in any order: values that consumers have to know before producers send them, and a number
    /// of partitions, which a running system has to get first.
    public func cautions(from old: Contract) -> [Incompatibility] {
        findings(since: old).filter(\.isCaution)
    }

    private func findings(since old: Contract) -> [Incompatibility] {
        old.topics.flatMap { before in
            guard let topic = topic(before.name) else {
                return [
                    Incompatibility(
                        code: .topicRemoved,
                        topic: before.name,
                        path: "",
                        message: "the topic was removed or renamed; keep it as long as there are events in it"
                    )
                ]
            }
            return topic.findings(since: before, in: self)
        }
    }

    /// Versions that do not repeat the one before.
    private var droppedFields: [Incompatibility] {
        topics.flatMap { topic in
            topic.events.flatMap { event in
                zip(event.versions, event.versions.dropFirst()).flatMap { previous, version in
                    version.changes(since: previous).map { field, message in
                        Incompatibility(
                            code: .versionDropsField,
                            topic: topic.name,
                            path: "events.\(event.type).versions.\(version.number).fields.\(field)",
                            message: message
                        )
                    }
                }
            }
        }
    }
}

extension Incompatibility {
    fileprivate var isCaution: Bool {
        code == .enumWidened || code == .limitWidened || code == .partitionsChanged
    }
}

extension TopicContract {
    fileprivate func findings(since old: TopicContract, in contract: Contract) -> [Incompatibility] {
        var found: [Incompatibility] = []
        func add(_ code: Incompatibility.Code, _ path: String, _ message: String) {
            found.append(Incompatibility(code: code, topic: name, path: path, message: message))
        }
        if owner != old.owner {
            add(
                .ownerChanged,
                "owner",
                "was `\(old.owner)`, is `\(owner)`: a topic has one writer, whose log its positions are"
            )
        }
        if key != old.key {
            add(
                .keyChanged,
                "key",
                "was `\(old.key)`, is `\(key)`: the order of what is published already goes by the old one"
            )
        }
        if partitions != old.partitions {
            let message =
                "was \(old.partitions), is \(partitions): run `perch partitions \(name) --to \(partitions)` in each system "
            add(
                .partitionsChanged,
                "partitions",
                message + "first, which keeps the order of each key; until then migrations refuse it"
            )
        }
        for before in old.events {
            let path = "events.\(before.type)"
            if let event = event(before.type) {
                found += event.findings(since: before).map {
                    Incompatibility(code: $0.code, topic: name, path: path + $0.path, message: $0.message)
                }
            } else {
                let moved = contract.topic(of: before.type).map { " (it is in the topic \($0.name) now)" } ?? ""
                let hint = moved.isEmpty ? renamed(before).map { " (renamed to `\($0)`?)" } ?? "" : moved
                add(
                    .eventRemoved,
                    path,
                    "the event was removed\(hint); keep it as long as there are events of its type"
                )
            }
        }
        return found

        /// An event that is new and has the same fields, if there is just one.
        func renamed(_ before: EventContract) -> EventType? {
            let same = events.filter {
                old.event($0.type) == nil && $0.versions.map(\.shape) == before.versions.map(\.shape)
            }
            return same.count == 1 ? same[0].type : nil
        }
    }
}

extension EventVersion {
    fileprivate var shape: Set<Field> { Set(fields.map(\.constraints)) }
}

private typealias Finding = (code: Incompatibility.Code, path: String, message: String)

extension EventContract {
    fileprivate func findings(since old: EventContract) -> [Finding] {
        old.versions.flatMap { before -> [Finding] in
            let path = ".versions.\(before.number)"
            guard let version = versions.first(where: { $0.number == before.number }) else {
                return [(.versionRemoved, path, "the version was removed; every version is read for good")]
            }
            return version.findings(since: before).map { ($0.code, "\(path).fields.\($0.path)", $0.message) }
        }
    }
}

extension EventVersion {
    fileprivate func findings(since old: EventVersion) -> [Finding] {
        let added = fields.filter { old.field($0.name) == nil }
        var found: [Finding] = old.fields.flatMap { before -> [Finding] in
            guard let field = field(before.name) else {
                let hint = renamed(before, among: added).map { " (renamed to `\($0)`?)" } ?? ""
                return [
                    (.fieldRemoved, before.name, "the field was removed\(hint); a version keeps its fields for good")
                ]
            }
            return field.findings(since: before).map { ($0.code, before.name + $0.path, $0.message) }
        }
        for field in added where field.isRequired {
            let message = "a required field was added to a version that exists; events of it lack the field: make it "
            found.append(
                (.requiredFieldAdded, field.name, message + "`required: false`, or add it in version \(number + 1)")
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
    fileprivate func findings(since old: Field) -> [Finding] {
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
