import Foundation
import PageKit
import Perch
import PerchOperating

/// What somebody wants to be read again, as the pages of the wizard gather it.
struct ReplayQuestion {
    static let fields = ["what", "from", "to", "key", "partition"]

    enum What: String, CaseIterable {
        case restart, from, range, key

        var title: String {
            switch self {
            case .restart: "Restart at the checkpoints"
            case .from: "Everything from a place on"
            case .range: "A range of events"
            case .key: "The events of one key"
            }
        }

        var words: HTML {
            switch self {
            case .restart:
                "Always safe: no effect changes. For a worker that is stuck with what Redis holds for it."
            case .from:
                "The checkpoints are set back: all from there on is handled again, in order, before anything newer."
            case .range: "Up to 100,000 events, in order of their keys. The checkpoints stay where they are."
            case .key: "Up to 100,000 events. Newer events of the key wait behind them; other keys go on."
            }
        }
    }

    let what: What
    /// As they were typed.
    let texts: [String: String]
    /// What is wrong with them, by field.
    private(set) var errors: [String: String] = [:]
    private(set) var from: StreamPlace?
    private(set) var to: StreamPlace?
    private(set) var key: String?
    private(set) var partition: PartitionNumber?

    /// Nil where it is not said what.
    init?(_ fields: FormFields, _ topic: TopicContract, _ clock: PageClock) {
        guard let what = fields["what"].flatMap({ What(rawValue: $0) }) else { return nil }
        self.what = what
        var texts: [String: String] = [:]
        for name in Self.fields.dropFirst() {
            // A key is taken as it is.
            let text = fields[name].map { name == "key" ? $0 : $0.trimmingCharacters(in: .whitespaces) }
            if let text, !text.isEmpty { texts[name] = text }
        }
        self.texts = texts
        if what == .restart { return }
        from = place("from", clock)
        if what != .from { to = place("to", clock) }
        if what == .key {
            key = texts["key"]
            if key == nil { errors["key"] = "Write the key" }
            if from == nil, errors["from"] == nil { from = .beginning }
        } else {
            if from == nil, errors["from"] == nil { errors["from"] = "Write where it begins" }
            readPartition(topic)
        }
    }

    private mutating func place(_ name: String, _ clock: PageClock) -> StreamPlace? {
        guard let text = texts[name] else { return nil }
        let place = PlaceText.place(text, clock)
        if place == nil { errors[name] = "Expected \(PlaceText.expectation)" }
        return place
    }

    private mutating func readPartition(_ topic: TopicContract) {
        guard let text = texts["partition"] else { return }
        if let number = Int(text), (0..<topic.partitions).contains(number) {
            partition = PartitionNumber(rawValue: number)
        } else {
            errors["partition"] = "Choose one of its partitions"
        }
    }

    /// Nothing is missing, and nothing wrong.
    var isWhole: Bool { errors.isEmpty }

    /// Nothing was typed yet, so nothing is wrong with it either.
    var isFresh: Bool { texts.isEmpty }

    /// Which events; nil where the checkpoints move instead.
    var selection: ReplaySelection? {
        guard what == .range || what == .key, let from else { return nil }
        return ReplaySelection(from: from, to: to, key: key, partition: partition)
    }

    // MARK: As fields

    /// What a form sends back: places are fixed, so that 15 minutes ago stays the same time.
    var hidden: [FormField] {
        let values = [
            ("what", what.rawValue), ("from", from.map(PlaceText.fixed)), ("to", to.map(PlaceText.fixed)), ("key", key),
            ("partition", partition.map { String($0.rawValue) }),
        ]
        return values.compactMap { name, value in value.map { FormField(name, "", .hidden, value: $0) } }
    }

    /// What is asked for.
    func shown(_ topic: TopicContract, _ clock: PageClock) -> [FormField] {
        let zone = clock.zoneText(at: clock.now)
        func field(_ name: String, _ label: String, hint: String? = nil, isRequired: Bool = false) -> FormField {
            FormField(
                name,
                label,
                value: texts[name] ?? "",
                hint: hint,
                isRequired: isRequired,
                error: isFresh ? nil : errors[name]
            )
        }
        let places =
            "\(PlaceText.expectation.prefix(1).uppercased())\(PlaceText.expectation.dropFirst()). Times are in \(zone)."
        var fields = [FormField("what", "", .hidden, value: what.rawValue)]
        if what == .key { fields.append(field("key", "Key (\(topic.key))", isRequired: true)) }
        fields.append(field("from", "From", hint: places, isRequired: what != .key))
        if what != .from {
            fields.append(field("to", "To", hint: "Itself included. Default: the last that the group has read."))
        }
        if what != .key {
            let choices = (0..<topic.partitions).map {
                FormField.Choice(String($0), Partition(topic.name, PartitionNumber(rawValue: $0)).description)
            }
            fields.append(
                FormField(
                    "partition",
                    "Partition",
                    .select([.init("", "All")] + choices),
                    value: texts["partition"] ?? "",
                    error: isFresh ? nil : errors["partition"]
                )
            )
        }
        return fields
    }

    // MARK: As words

    /// The options of `perch replay`.
    var command: String {
        if what == .restart { return "--pending" }
        let values = [
            ("--from", from.map(PlaceText.fixed)), ("--to", to.map(PlaceText.fixed)),
            ("--key", key.map(ShellWord.quoted)),
            ("--partition", partition.map { String($0.rawValue) }),
        ]
        return values.compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: " ")
    }
}
