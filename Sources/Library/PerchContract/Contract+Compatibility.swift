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
            found.append(
                Incompatibility(
                    code: .partitionsChanged,
                    topic: name,
                    path: "partitions",
                    message: "was \(old.partitions), is \(partitions)",
                    advice: .changePartitionsFirst(to: partitions)
                )
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

typealias Finding = (code: Incompatibility.Code, path: String, message: String)

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
