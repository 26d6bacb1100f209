public import Foundation
import Perch

/// What the programs are set to: flags win over the environment, the environment over a file, a file over the defaults.
///
///     let settings = try Settings.load(file: options.config, overrides: [.init("LOG_LEVEL"): "debug"])
///     let redis = try settings.require(.redisURL)
///
/// What is set is checked when it is loaded, all at once; an empty value counts as none.
public struct Settings: Sendable {
    private let values: [SettingName: String]

    /// Reads and checks all settings.
    ///
    /// - Parameters:
    ///   - file: A YAML file (`.yaml`, `.yml`; a setting's name flat or nested, in either case: `auth: {database_url: …}`) or
    ///     else one of lines `NAME=value`. Without it the environment's `POPUG_CONFIG` names the file, if any.
    ///   - environment: Default: the process's.
    ///   - overrides: What flags say.
    ///   - declared: The settings of the services, beside those that all share. A file may hold all of them, whichever service
    ///     reads it; another name in it is an error.
    /// - Throws: `SettingsError` with everything that is wrong.
    public static func load(
        file: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        overrides: [SettingName: String] = [:],
        declared: [DeclaredSetting] = []
    ) throws(SettingsError) -> Settings {
        let named = file ?? environment["POPUG_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let sources = [
            SettingsSource(flags: overrides), SettingsSource(environment: environment),
            try named.map { path throws(SettingsError) in try SettingsSource(file: path) },
        ].compactMap(\.self)
        var values: [SettingName: String] = [:]
        var problems: [SettingProblem] = []
        let known = Dictionary((DeclaredSetting.shared + declared).map { ($0.name, $0) }) { first, _ in first }
        for source in sources { problems += source.unknownNames(beside: known.keys.sorted()) }
        for (name, setting) in known.sorted(by: { $0.key < $1.key }) {
            search: for source in sources {
                switch source.look(up: name) {
                case .nothing:
                    continue search
                case .wrong(let problem):
                    problems.append(problem)
                case .text(let text):
                    if let problem = setting.problem(text, source.name) { problems.append(problem) }
                    values[name] = text
                }
                break search
            }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        return Settings(values: values)
    }

    /// The value, or the setting's default; nil if there is neither.
    public subscript<Value>(_ setting: Setting<Value>) -> Value? {
        // What is declared was checked when it was loaded.
        values[setting.name].flatMap { try? setting.parse($0) } ?? setting.standard
    }

    /// The value, or the setting's default.
    /// - Throws: `SettingsError` if there is neither.
    public func require<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value {
        if let value = self[setting] { return value }
        throw SettingsError([
            SettingProblem(name: setting.name, expected: setting.expectation, got: "nothing", source: "")
        ])
    }

    /// Whether somebody has set it.
    public func isSet(_ setting: Setting<some Sendable>) -> Bool { values[setting.name] != nil }
}
