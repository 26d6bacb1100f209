import Yams

/// Reads one file of the contract: a YAML text into a topic. It goes on after an error, so that all of them are told at
/// once.
final class ContractReader {
    /// How the file is called in messages.
    let file: String
    var problems: [ContractProblem] = []
    /// Where each place of the file is, for what is found later.
    var marks: [String: Mark] = [:]

    init(file: String) { self.file = file }

    /// The topic, as far as it could be read; nil only with a problem.
    func readTopic(named name: TopicName, from text: String) -> TopicContract? {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            problems.append(Self.problem(of: error, in: file))
            return nil
        }
        guard let root else {
            problems.append(
                ContractProblem(file: file, message: "expected a topic (owner, key, partitions …), got an empty file")
            )
            return nil
        }
        let known = ["description", "owner", "key", "partitions", "retention", "archive", "groups", "events"]
        guard let topic = readMapping(root, at: "", known: known) else { return nil }
        let before = problems.count
        let description = topic["description"].flatMap { readString($0, at: "description") } ?? ""
        let owner = readRequired("owner", in: topic, of: root) { readString($0, at: $1) }
        let key = readRequired("key", in: topic, of: root) { readString($0, at: $1) }
        let partitions = readRequired("partitions", in: topic, of: root) { readInteger($0, at: $1) }
        let retention = readRequired("retention", in: topic, of: root) { readRetention($0, at: $1) }
        let archive = readRequired("archive", in: topic, of: root) { readArchive($0, at: $1) }
        let groups = readRequired("groups", in: topic, of: root) { readStrings($0, at: $1) }
        let events = readRequired("events", in: topic, of: root) { readEvents($0, at: $1) }
        guard problems.count == before, let owner, let key, let partitions, let retention, let archive, let groups,
            let events
        else { return nil }
        return TopicContract(
            name: name,
            description: description,
            owner: owner,
            key: key,
            partitions: partitions,
            retention: retention,
            archive: archive,
            groups: groups.map(GroupName.init(rawValue:)),
            events: events
        )
    }

    // MARK: Parts

    private func readRetention(_ node: Node, at path: String) -> Retention? {
        if node.scalar?.string == "forever" { return Retention(age: nil, entries: nil) }
        guard node.mapping != nil else {
            return fail(node, path, "`forever`, or limits such as {age: 7d, entries: 1000000}")
        }
        guard let limits = readMapping(node, at: path, known: ["age", "entries"]) else { return nil }
        if limits.isEmpty {
            return fail(node, path, "`forever`, or limits such as {age: 7d, entries: 1000000}")
        }
        let age = limits["age"].flatMap { readAge($0, at: "\(path).age") }
        let entries = limits["entries"].flatMap { readInteger($0, at: "\(path).entries") }
        if let entries, entries < 1, let node = limits["entries"] { return fail(node, "\(path).entries", "1 or more") }
        return Retention(age: age, entries: entries)
    }

    private func readArchive(_ node: Node, at path: String) -> Archive? {
        node.scalar?.string == "forever"
            ? Archive(age: nil) : readAge(node, at: path, or: "`forever`, or ").map(Archive.init)
    }

    private func readAge(_ node: Node, at path: String, or alternative: String = "") -> Duration? {
        let text = node.scalar?.string ?? ""
        let seconds: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = text.last.flatMap({ seconds[$0] }), let count = Int64(text.dropLast()), count > 0,
            count < 1_000_000_000
        else { return fail(node, path, alternative + "a number with its unit (s, m, h or d) such as 7d") }
        return .seconds(count * unit)
    }

    private func readEvents(_ node: Node, at path: String) -> [EventContract]? {
        readEntries(of: node, at: path) { type, node, path in
            guard let event = readMapping(node, at: path, known: ["description", "versions"]) else { return nil }
            let description = event["description"].flatMap { readString($0, at: "\(path).description") } ?? ""
            let versions = readRequired("versions", in: event, of: node, at: path) { readVersions($0, at: $1) }
            return versions.map {
                EventContract(type: EventType(rawValue: type), description: description, versions: $0)
            }
        }
    }

    private func readVersions(_ node: Node, at path: String) -> [EventVersion]? {
        readEntries(of: node, at: path) { name, node, path in
            guard let number = Int(name), EventVersion.numbers.contains(number) else {
                return fail(node, path, "the number of a version, 1 to \(Int32.max), as the key", got: "`\(name)`")
            }
            guard let version = readMapping(node, at: path, known: ["description", "fields"]) else { return nil }
            let description = version["description"].flatMap { readString($0, at: "\(path).description") } ?? ""
            let fields = readRequired("fields", in: version, of: node, at: path) { readFields($0, at: $1, depth: 0) }
            return fields.map { EventVersion(number: number, description: description, fields: $0) }
        }
    }
}
