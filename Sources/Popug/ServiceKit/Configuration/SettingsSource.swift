import Foundation
import Perch
import Yams

/// One place where settings stand.
struct SettingsSource {
    /// For messages: `the environment`, a file's path.
    let name: String
    private let values: [SettingName: Value]
    /// The environment is full of others' names: there no name is wrong.
    private let isOursAlone: Bool

    enum Finding {
        case nothing
        case text(String)
        case wrong(SettingProblem)
    }

    /// What stands under a name.
    private struct Value {
        /// The name as it is written here.
        let spelling: String
        /// nil: a list, or what else is no text.
        let text: String?
    }

    init?(flags: [SettingName: String]) {
        guard !flags.isEmpty else { return nil }
        name = "the command line"
        values = Dictionary(uniqueKeysWithValues: flags.map { ($0, Value(spelling: $0.rawValue, text: $1)) })
        isOursAlone = true
    }

    init(environment: [String: String]) {
        name = "the environment"
        values = Dictionary(
            uniqueKeysWithValues: environment.map { (SettingName(rawValue: $0), Value(spelling: $0, text: $1)) }
        )
        isOursAlone = false
    }

    /// - Throws: `SettingsError` if the file cannot be read as what its name says it is.
    init(file path: String) throws(SettingsError) {
        name = path
        isOursAlone = true
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Self.unreadable(path, "a file that can be read", "none")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Self.unreadable(path, "UTF-8", "other bytes")
        }
        let found: [Value]
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            found = try Self.yaml(text, path)
        } else {
            found = try EnvironmentFile.parse(text, path: path).map { Value(spelling: $0, text: $1) }
        }
        // `auth.database_url`, `AUTH_DATABASE_URL` and `auth-database-url` are one setting.
        let pairs = found.map { value in
            let name = value.spelling.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 }
            return (SettingName(rawValue: String(name)), value)
        }
        values = Dictionary(pairs) { first, _ in first }
    }

    func look(up name: SettingName) -> Finding {
        guard let value = values[name] else { return .nothing }
        if let text = value.text { return text.isEmpty ? .nothing : .text(text) }
        let problem = SettingProblem(
            name: name,
            expected: "one value",
            got: "a list or something else",
            source: self.name
        )
        return .wrong(problem)
    }

    /// Names that are no settings, with the nearest one that is.
    func unknownNames(beside known: [SettingName]) -> [SettingProblem] {
        guard isOursAlone else { return [] }
        let unknown = values.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
        return unknown.map { name, value in
            let hint = NearestName.hint(for: name.rawValue, in: known.map(\.rawValue))
            return SettingProblem(
                name: nil,
                expected: "the name of a setting",
                got: "`\(value.spelling)`\(hint)",
                source: self.name
            )
        }
    }

    // MARK: Files

    private static func yaml(_ text: String, _ path: String) throws(SettingsError) -> [Value] {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw unreadable(path, "YAML with a mapping of names to values", "something else", "\(error)")
        }
        // A file of comments only is no mapping, and no mistake either.
        guard let root, root.null == nil else { return [] }
        guard let mapping = root.mapping else {
            throw unreadable(path, "YAML with a mapping of names to values", "something else")
        }
        return values(of: mapping, under: [])
    }

    /// What a mapping holds, and the mappings in it: names are joined by dots.
    private static func values(of mapping: Node.Mapping, under path: [String]) -> [Value] {
        mapping.flatMap { key, node -> [Value] in
            let path = path + [key.scalar?.string ?? ""]
            if let nested = node.mapping { return values(of: nested, under: path) }
            let text = node.null == nil ? node.scalar?.string : ""
            return [Value(spelling: path.joined(separator: "."), text: text)]
        }
    }

    static func unreadable(
        _ path: String,
        _ expected: String,
        _ got: String,
        _ reason: String? = nil
    ) -> SettingsError {
        SettingsError([SettingProblem(name: nil, expected: expected, got: got, source: path, reason: reason)])
    }
}
