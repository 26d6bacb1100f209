/// The colour by which people see in which system they are.
package enum ContextTint: String, Sendable, CaseIterable {
    case red, amber, green, blue

    init(word: String) throws {
        let known = Self.allCases.map(\.rawValue)
        guard let tint = ContextTint(rawValue: word) else {
            throw SettingProblem(
                description: "tint: expected \(known.joined(separator: ", ")) in a context\(Names.hint(word, known))"
            )
        }
        self = tint
    }
}
