import Perch

extension Diagnosis {
    /// A fact of a finding, for programs.
    public enum Fact: Sendable, Hashable {
        /// A name, an id, a time as everywhere: `tickets:0`, `1763836200123-42`.
        case text(String)
        /// How many.
        case number(Int64)
        /// How long.
        case seconds(Double)
        /// Whether.
        case flag(Bool)
        /// Several names.
        case list([String])
    }
}

extension Diagnosis.Finding {
    /// `redisEvicts` is `redis-evicts`.
    package var code: String { Self.separated(label, by: "-") }

    /// By the labels of the case: `usedBytes` is `used_bytes`.
    package var facts: [String: Diagnosis.Fact] {
        if case .serverProblem(let problem) = self { return problem.facts }
        guard let values = Mirror(reflecting: self).children.first?.value else { return [:] }
        var facts: [String: Diagnosis.Fact] = [:]
        for (label, value) in Mirror(reflecting: values).children {
            guard let label, let fact = Diagnosis.Fact(value) else { continue }
            facts[Self.separated(label, by: "_")] = fact
        }
        return facts
    }

    /// A case without facts has no child that would name it.
    private var label: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }

    private static func separated(_ name: String, by separator: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? separator + $1.lowercased() : String($1) }
    }
}

extension Diagnosis.Fact {
    /// - Returns: nil where there is no value.
    fileprivate init?(_ value: Any) {
        switch value {
        case let text as String: self = .text(text)
        case let flag as Bool: self = .flag(flag)
        case let number as Int: self = .number(Int64(number))
        case let number as Int64: self = .number(number)
        case let duration as Duration: self = .seconds(Double(duration.milliseconds) / 1000)
        case let names as [Partition]: self = .list(names.map(\.description))
        case let names as [String]: self = .list(names)
        case let numbers as [Int]: self = .list(numbers.map(String.init))
        case let groups as [StrayGroup]: self = .list(groups.map(\.name))
        default:
            let mirror = Mirror(reflecting: value)
            guard mirror.displayStyle == .optional else {
                self = .text(String(describing: value))
                return
            }
            guard let wrapped = mirror.children.first?.value else { return nil }
            self.init(wrapped)
        }
    }
}

extension ServerProblem {
    /// As a finding tells it.
    package var facts: [String: Diagnosis.Fact] {
        var facts: [String: Diagnosis.Fact] = ["kind": .text(kind.rawValue), "server": .text(server)]
        facts["service"] = service.map { .text($0) }
        facts["address"] = address.map { .text($0) }
        facts["reason"] = reason.map { .text($0) }
        return facts
    }
}
