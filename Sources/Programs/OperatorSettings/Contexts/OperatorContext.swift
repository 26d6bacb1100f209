/// A context of the config file: where one system is, and what the console needs there.
package struct OperatorContext: Decodable, Sendable {
    static let known = ["redis", "namespace", "streams", "databases", "owners", "tint", "console"]

    /// As the file calls it: `production`.
    package internal(set) var name = ""
    /// So that people see where they are.
    package let tint: ContextTint?
    package let console: ContextConsole

    let redis: String?
    let namespace: String?
    let streams: String?
    let databases: [String: String]
    private let owners: [String: String]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(knowing: Self.known, in: "a context")
        redis = try container.decodeIfPresent(String.self, forKey: "redis")
        namespace = try container.decodeIfPresent(String.self, forKey: "namespace")
        streams = try container.decodeIfPresent(String.self, forKey: "streams")
        databases = try container.decodeIfPresent([String: String].self, forKey: "databases") ?? [:]
        owners = try container.decodeIfPresent([String: String].self, forKey: "owners") ?? [:]
        tint = try container.decodeIfPresent(String.self, forKey: "tint").map { try ContextTint(word: $0) }
        console = try container.decodeIfPresent(ContextConsole.self, forKey: "console") ?? ContextConsole()
    }

    /// The URLs of the roles that own a service's schema.
    ///
    /// - Throws: `SettingProblem` for a service that the contract does not have.
    func owners(of services: [String]) throws -> [String: String] {
        for service in owners.keys.sorted() where !services.contains(service) {
            throw SettingProblem(
                description: "owners: in the context `\(name)`: expected services of the contract "
                    + "(\(services.joined(separator: ", "))); got `\(service)`\(Names.hint(service, services))"
            )
        }
        return owners
    }
}
