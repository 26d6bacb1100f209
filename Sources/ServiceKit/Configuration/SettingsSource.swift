import Configuration
import Foundation
import Perch
import Synchronization

/// One place where settings stand.
struct SettingsSource {
    /// For messages: `the environment`, a file's path.
    let name: String
    private let snapshot: any ConfigSnapshot
    /// How each setting is written here. The environment is full of others' names, so there every setting is looked up.
    private let spellings: [SettingName: String]?

    enum Finding {
        case nothing
        case text(String)
        case wrong(SettingProblem)
    }

    init?(flags: [SettingName: String]) {
        guard !flags.isEmpty else { return nil }
        name = "the command line"
        let values = flags.map {
            (AbsoluteConfigKey([$0.key.rawValue]), ConfigValue(.string($0.value), isSecret: true))
        }
        snapshot = InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)).snapshot()
        spellings = Dictionary(uniqueKeysWithValues: flags.keys.map { ($0, $0.rawValue) })
    }

    init(environment: [String: String]) {
        name = "the environment"
        snapshot = EnvironmentVariablesProvider(environmentVariables: environment, secretsSpecifier: .all).snapshot()
        spellings = nil
    }

    /// - Throws: `SettingsError` if the file cannot be read as what its name says it is.
    init(file path: String) throws(SettingsError) {
        name = path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Self.unreadable(path, "a file that can be read", "none")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Self.unreadable(path, "UTF-8", "other bytes")
        }
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            (snapshot, spellings) = try Self.yaml(text, path)
        } else {
            let variables = try EnvironmentFile.parse(text, path: path)
            snapshot = EnvironmentVariablesProvider(environmentVariables: variables, secretsSpecifier: .all).snapshot()
            spellings = Self.spellings(Array(variables.keys))
        }
    }

    func look(up name: SettingName) -> Finding {
        guard let spelling = spellings.map({ $0[name] }) ?? name.rawValue else { return .nothing }
        do {
            let found = try snapshot.value(forKey: AbsoluteConfigKey([spelling]), type: .string)
            guard case .string(let text) = found.value?.content, !text.isEmpty else { return .nothing }
            return .text(text)
        } catch {
            let problem = SettingProblem(
                name: name,
                expected: "one value",
                got: "a list or something else",
                source: self.name
            )
            return .wrong(problem)
        }
    }

    /// Names that are no settings, with the nearest one that is.
    func unknownNames() -> [SettingProblem] {
        let known = KnownSettings.checks.keys
        let unknown = (spellings ?? [:]).filter { KnownSettings.checks[$0.key] == nil }.sorted { $0.key < $1.key }
        return unknown.map { name, spelling in
            let hint = NearestName.hint(for: name.rawValue, in: known.map(\.rawValue))
            return SettingProblem(
                name: nil,
                expected: "the name of a setting",
                got: "`\(spelling)`\(hint)",
                source: self.name
            )
        }
    }

    // MARK: Files

    private static func yaml(
        _ text: String,
        _ path: String
    ) throws(SettingsError) -> (any ConfigSnapshot, [SettingName: String]) {
        // A file of comments only is no mapping, and no mistake either.
        let isEmpty = text.split(whereSeparator: \.isNewline).allSatisfy { line in
            line.drop(while: \.isWhitespace).first.map { $0 == "#" } ?? true
        }
        let keys = Mutex<[String]>([])
        do {
            let options = YAMLSnapshot.ParsingOptions(
                // The only place where the library tells which keys a file has.
                secretsSpecifier: .dynamic { key, _ in
                    keys.withLock { $0.append(key) }
                    return true
                }
            )
            let bytes = Array((isEmpty ? "{}" : text).utf8)
            let snapshot = try YAMLSnapshot(data: bytes.span.bytes, providerName: path, parsingOptions: options)
            return (snapshot, spellings(keys.withLock(\.self)))
        } catch {
            throw unreadable(path, "YAML with a mapping of names to values", "something else", "\(error)")
        }
    }

    /// `auth.database_url`, `AUTH_DATABASE_URL` and `auth-database-url` are one setting.
    private static func spellings(_ keys: [String]) -> [SettingName: String] {
        let pairs = keys.map { key in
            let name = key.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 }
            return (SettingName(rawValue: String(name)), key)
        }
        return Dictionary(pairs) { first, _ in first }
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
