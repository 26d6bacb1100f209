public import Perch

/// The name of a setting, as in the environment: `REDIS_URL`.
public struct SettingName: Name {
    /// In capitals, joined by `_`.
    public let rawValue: String
    /// Takes any text, also one that is the name of no setting.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A setting: what it is called, what it may be, and what it is when nobody says.
public struct Setting<Value: Sendable>: Sendable {
    /// As in the environment; files may also write it in lowercase, nested or with `-`.
    public let name: SettingName
    /// What a value must look like, for messages: `a whole number from 1 to 10000`.
    public let expectation: String
    /// The value is never shown, neither in a message nor in a log.
    public let isSecret: Bool
    /// What holds without a value; nil if there is no default.
    public let standard: Value?
    /// Throws where the text is no value; the error tells more than the expectation.
    let parse: @Sendable (String) throws -> Value

    /// - Parameters:
    ///   - expectation: What a value must look like, after the word "expected".
    ///   - standard: The default; nil where there is none.
    ///   - parse: Throws `NotAValue` where the expectation says it all. An error of its own must not quote a secret.
    public init(
        _ name: SettingName,
        expects expectation: String,
        isSecret: Bool = false,
        default standard: Value? = nil,
        parse: @escaping @Sendable (String) throws -> Value
    ) {
        self.name = name
        self.expectation = expectation
        self.isSecret = isSecret
        self.standard = standard
        self.parse = parse
    }
}

/// A text is no value of its setting, and the setting's expectation says why.
public struct NotAValue: Error {
    /// No reason of its own: where there is more to say, throw another error.
    public init() {}
}

extension Setting {
    /// What is wrong with a text; nil if it is a value.
    func problem(of text: String, from source: String) -> SettingProblem? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return SettingProblem(
                name: name,
                expected: expectation,
                got: isSecret ? "a value that is not shown" : "`\(text)`",
                source: source,
                reason: error is NotAValue ? nil : String(describing: error)
            )
        }
    }
}

extension Setting where Value == String {
    /// Any text.
    public static func text(_ name: SettingName, expects expectation: String, isSecret: Bool = false) -> Setting {
        Setting(name, expects: expectation, isSecret: isSecret) { $0 }
    }
}

extension Setting where Value == Int {
    /// A whole number of a range.
    public static func number(_ name: SettingName, in range: ClosedRange<Int>, default standard: Int) -> Setting {
        let expectation = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Setting(name, expects: expectation, default: standard) { text in
            guard let number = Int(text), range.contains(number) else { throw NotAValue() }
            return number
        }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases, in capitals or not.
    public static func choice(_ name: SettingName, default standard: Value? = nil) -> Setting {
        let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return Setting(name, expects: "one of \(choices)", default: standard) { text in
            guard let value = Value(rawValue: text.lowercased()) else { throw NotAValue() }
            return value
        }
    }
}
