extension Contract {
    /// Everything in the contract that contradicts itself or cannot work; empty if it is sound.
    func contradictions() -> [Contradiction] {
        var found = topics.flatMap { $0.contradictions() }
        var homes: [EventType: TopicName] = [:]
        for topic in topics {
            for event in topic.events {
                guard let home = homes.updateValue(topic.name, forKey: event.type), home != topic.name else { continue }
                let message = "the event is declared in the topic \(home) too: an event type belongs to one topic"
                found.append(Contradiction(topic: topic.name, path: "events.\(event.type)", message: message))
            }
        }
        return found
    }
}

extension TopicContract {
    fileprivate func contradictions() -> [Contradiction] {
        var found: [Contradiction] = []
        func add(_ path: String, _ message: String) {
            found.append(Contradiction(topic: name, path: path, message: message))
        }
        if !Self.isKebabOrSnake(name.rawValue) {
            add("", "expected the file's name to be lowercase words joined by - or _, got `\(name)`")
        }
        if !Self.isKebabOrSnake(owner) { add("owner", "expected lowercase words joined by - or _, got `\(owner)`") }
        if !(1...Self.mostPartitions).contains(partitions) {
            add("partitions", "expected 1 to \(Self.mostPartitions), got \(partitions)")
        }
        for (index, group) in groups.enumerated() {
            if !Self.isKebabOrSnake(group.rawValue) {
                add("groups[\(index)]", "expected lowercase words joined by - or _, got `\(group)`")
            }
            if groups[..<index].contains(group) { add("groups[\(index)]", "the group `\(group)` for the second time") }
        }
        if let kept = archive.age, retention.age.map({ kept < $0 }) ?? true {
            let message =
                "the log must be kept at least as long as the stream (retention.age): streams are rebuilt from it"
            add("archive", message)
        }
        if events.isEmpty { add("events", "expected at least one event, got none") }
        for event in events {
            found += event.contradictions(key: key).map {
                Contradiction(topic: name, path: "events.\(event.type)\($0.path)", message: $0.message)
            }
        }
        return found
    }

    /// As `PartitionChanges.repartition` has it.
    private static let mostPartitions = 1024

    private static func isKebabOrSnake(_ name: String) -> Bool { isLowercase(name, joinedBy: "-_") }
}

extension EventContract {
    /// The paths are relative to the event.
    fileprivate func contradictions(key: String) -> [(path: String, message: String)] {
        var found: [(path: String, message: String)] = []
        if !isLowercase(type.rawValue, joinedBy: "_") {
            found.append(("", "expected a name in snake_case, got `\(type)`"))
        }
        if versions.isEmpty { found.append((".versions", "expected at least version 1, got none")) }
        for (index, version) in versions.enumerated() {
            let path = ".versions.\(version.number)"
            if version.number != index + 1 {
                found.append(
                    (
                        path,
                        "expected version \(index + 1), got \(version.number): versions count 1, 2, 3 … without a gap"
                    )
                )
            }
            if index > 0 { found += version.changes(since: versions[index - 1]).map { (path + ".fields.\($0)", $1) } }
            for field in version.fields {
                found += field.contradictions().map { ("\(path).fields.\(field.name)\($0)", $1) }
            }
            if let field = version.field(key) {
                if field.type != .string || !field.isRequired {
                    found.append(("\(path).fields.\(key)", "expected the topic's key to be a required string"))
                }
            } else {
                let hint = NearestName.hint(for: key, in: version.fields.map(\.name))
                found.append(("\(path).fields", "expected the topic's key `\(key)` among the fields, got none\(hint)"))
            }
        }
        return found
    }
}

/// Whether the name is lowercase words, a letter first, joined by single characters of `joints`.
func isLowercase(_ name: String, joinedBy joints: String) -> Bool {
    let words = name.split(omittingEmptySubsequences: false) { joints.contains($0) }
    return words.allSatisfy { word in
        !word.isEmpty && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    } && name.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
}
