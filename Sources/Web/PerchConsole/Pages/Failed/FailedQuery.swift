import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// Which failed events a page is about: the fields of its address, or of its form. All conditions together must hold.
struct FailedQuery: Sendable, Hashable {
    /// In the order of addresses.
    static let fields = [
        "group", "state", "topic", "partition", "type", "key", "error", "pattern", "older", "newer", "at", "id",
    ]

    /// What is compared with texts of errors, which may quote data.
    static let quotingFields: Set<String> = ["error", "pattern"]

    /// As a field or a link carries it.
    struct EventName: Sendable, Hashable {
        let group: GroupName
        let number: FailedEvent.ID

        var text: String { "\(group)/\(number)" }
    }

    var group: GroupName?
    var state: FailedEvent.State?
    private(set) var topic: TopicName?
    private(set) var partition: PartitionNumber?
    private(set) var type: EventType?
    private(set) var key: String?
    private(set) var error: String?
    private(set) var pattern: String?
    private(set) var older: Age?
    private(set) var newer: Age?
    /// From when ages count; nil: from when the question is asked.
    private(set) var at: Timestamp?
    /// What was ticked.
    private(set) var ids: [EventName] = []

    /// Everything.
    init() {}

    /// - Throws: 400, with the sentence what is wrong.
    init(_ fields: FormFields, _ system: SystemConnections) throws {
        func text(_ name: String) throws -> String? {
            let found = fields.all(name)
            guard found.count <= 1 else { throw Self.refused("The field \(name) is there twice.") }
            guard let value = found.first, !value.isEmpty else { return nil }
            guard !value.utf8.contains(0) else { throw Self.refused("The field \(name) has a character of no text.") }
            return value
        }
        group = try text("group").map { try Self.group($0, system) }
        state = try text("state").map { name in
            guard let state = FailedEvent.State(rawValue: name) else {
                throw Self.refused("There is no state “\(VisibleText.of(name))”: it is dead, failed or held.")
            }
            return state
        }
        topic = try text("topic").map { name in
            let known = system.contract.topics.map(\.name.rawValue)
            guard known.contains(name) else { throw Self.refused("topic", name, known) }
            return TopicName(rawValue: name)
        }
        partition = try text("partition").map { text in
            guard let number = Int32(text), number >= 0 else {
                throw Self.refused("A partition is a number from 0; “\(VisibleText.of(text))” is none.")
            }
            return PartitionNumber(rawValue: Int(number))
        }
        type = try text("type").map { EventType(rawValue: $0) }
        (key, error, pattern) = (try text("key"), try text("error"), try text("pattern"))
        older = try text("older").map(Self.age)
        newer = try text("newer").map(Self.age)
        at = try text("at").map { text in
            guard let time = Timestamp(text) else { throw Self.refused("“\(VisibleText.of(text))” is no time.") }
            return time
        }
        ids = try Set(fields.all("id")).map { try Self.name($0, system) }
            .sorted { ($0.group, $0.number) < ($1.group, $1.number) }
    }

    /// The same at any time: ages count from now on from this moment.
    func pinned(at now: Timestamp) -> FailedQuery {
        var pinned = self
        if older != nil || newer != nil { pinned.at = at ?? now }
        return pinned
    }

    /// Whether anything chooses.
    var isEmpty: Bool { values.allSatisfy { $0.1 == nil } }

    // MARK: Asking

    /// What to ask each group for, in the order of their names.
    func choices(_ system: SystemConnections) -> [(group: GroupName, filter: FailedEvents.Filter)] {
        if !ids.isEmpty {
            return Dictionary(grouping: ids, by: \.group).sorted { $0.key < $1.key }
                .filter { group == nil || group == $0.key }
                .map { group, ids in
                    var filter = filter
                    filter.ids = ids.map(\.number)
                    return (group, filter)
                }
        }
        let readers = topic.flatMap { system.contract.topic($0)?.groups.sorted() } ?? system.groups
        return readers.filter { group == nil || group == $0 }.map { ($0, filter) }
    }

    private var filter: FailedEvents.Filter {
        var filter = FailedEvents.Filter()
        filter.states = state.map { [$0] } ?? []
        (filter.topic, filter.partition, filter.key, filter.type) = (topic, partition, key, type)
        (filter.error, filter.errorPattern) = (error, pattern)
        if let at {
            filter.until = older.map { at + (.zero - $0.duration) }
            filter.since = newer.map { at + (.zero - $0.duration) }
        } else {
            (filter.olderThan, filter.newerThan) = (older?.duration, newer?.duration)
        }
        return filter
    }

    // MARK: In addresses, forms and words

    /// For a link, or the hidden fields of a form.
    var values: [(String, String?)] {
        let conditions: [(String, String?)] = [
            ("group", group?.rawValue), ("state", state?.rawValue), ("topic", topic?.rawValue),
            ("partition", partition.map { String($0.rawValue) }), ("type", type?.rawValue), ("key", key),
            ("error", error), ("pattern", pattern), ("older", older?.text), ("newer", newer?.text),
            ("at", at?.description),
        ]
        return conditions + ids.map { ("id", Optional($0.text)) }
    }

    func target(_ path: String...) -> LinkTarget { LinkTarget(path, query: values) ?? "/failed" }

    /// What is set, in words, with the field that sets it.
    var words: [(field: String, name: String, value: String)] {
        let all: [(String, String, String?)] = [
            ("group", "Group", group?.rawValue), ("state", "State", state?.rawValue),
            ("topic", "Topic", topic?.rawValue), ("partition", "Partition", partition.map { "\($0.rawValue)" }),
            ("type", "Type", type?.rawValue), ("key", "Key", key), ("error", "Error contains", error),
            ("pattern", "Error is", pattern), ("older", "Failed at least so long ago", older?.text),
            ("newer", "Failed at most so long ago", newer?.text),
            ("id", "By id", ids.isEmpty ? nil : Self.list(ids.map(\.text))),
        ]
        return all.compactMap { field, name, value in value.map { (field, name, $0) } }
    }

    /// What chooses the same in a terminal.
    var options: [String] {
        if !ids.isEmpty { return ids.map(\.text) }
        let place = topic.map { topic in partition.map { "\(topic):\($0.rawValue)" } ?? topic.rawValue }
        let all: [(String, String?)] = [
            ("group", group?.rawValue), ("state", state?.rawValue), ("topic", place), ("type", type?.rawValue),
            ("key", key), ("error", error), ("error-pattern", pattern), ("older-than", older?.text),
            ("newer-than", newer?.text),
        ]
        let options = all.compactMap { name, value in value.map { "--\(name) \(ShellWord.quoted($0))" } }
        return options.isEmpty || values.allSatisfy { $0.0 == "group" || $0.1 == nil } ? options + ["--all"] : options
    }

    private static func list(_ names: [String]) -> String {
        names.count <= 5
            ? names.joined(separator: ", ") : "\(names.prefix(4).joined(separator: ", ")) and \(names.count - 4) more"
    }
}

extension Visit {
    /// What the page's address chooses.
    ///
    /// - Throws: 400; 403 where it compares texts that the viewer may not see: whether something is found would tell them.
    func failedQuery() throws -> FailedQuery {
        if FailedQuery.quotingFields.contains(where: { !(query[$0] ?? "").isEmpty }) { try require(.seeData) }
        return try FailedQuery(query, parts.connections)
    }
}

extension FailedQuery {
    /// `accounting/17`
    static func name(_ text: String, _ system: SystemConnections) throws -> EventName {
        guard let slash = text.lastIndex(of: "/"), let number = Int64(text[text.index(after: slash)...]), number > 0
        else { throw refused("“\(VisibleText.of(text))” is no failed event: they are named like accounting/17.") }
        return EventName(group: try group(String(text[..<slash]), system), number: number)
    }

    private static func group(_ name: String, _ system: SystemConnections) throws -> GroupName {
        let known = system.groups.map(\.rawValue)
        guard known.contains(name) else { throw refused("group", name, known) }
        return GroupName(rawValue: name)
    }

    private static func age(_ text: String) throws -> Age {
        guard let age = Age(text) else {
            throw refused("An age is a number with its unit, as 90s, 15m, 2h or 7d; “\(VisibleText.of(text))” is none.")
        }
        return age
    }

    private static func refused(_ kind: String, _ name: String, _ known: [String]) -> HTTPError {
        refused("There is no \(kind) “\(VisibleText.of(name))”\(NearestName.hint(for: name, in: known)).")
    }

    private static func refused(_ words: String) -> HTTPError { HTTPError(.badRequest, message: words) }
}
