/// A key of the config file.
struct SettingKey: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// A map of the config file.
    ///
    /// - Parameter place: `a context`, where it stands.
    /// - Throws: `SettingProblem` for a key that it cannot have.
    func container(knowing known: [String], in place: String) throws -> KeyedDecodingContainer<SettingKey> {
        let container = try container(keyedBy: SettingKey.self)
        for key in container.allKeys where !known.contains(key.stringValue) {
            throw SettingProblem(
                description: "expected \(known.joined(separator: ", ")) in \(place); got `\(key.stringValue)`"
                    + Names.hint(key.stringValue, known)
            )
        }
        return container
    }
}
