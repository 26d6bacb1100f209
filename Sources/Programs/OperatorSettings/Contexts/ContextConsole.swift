/// What a context says of its web console. What it does not say is nil.
package struct ContextConsole: Decodable, Sendable, Hashable {
    package private(set) var port: Int?
    /// Where browsers find it.
    package private(set) var publicURL: String?
    /// Who logs people in; nil: nobody does, and it serves this machine only.
    package private(set) var issuer: String?
    package private(set) var clientID: String?
    package private(set) var clientSecretFile: String?
    /// Which claim of the issuer names the roles of a person.
    package private(set) var roleClaim: String?
    package private(set) var roles = ConsoleRoles()

    init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(
            knowing: ["port", "public_url", "issuer", "client_id", "client_secret_file", "role_claim", "roles"],
            in: "console:"
        )
        port = try container.port(forKey: "port")
        publicURL = try container.decodeIfPresent(String.self, forKey: "public_url")
        issuer = try container.decodeIfPresent(String.self, forKey: "issuer")
        clientID = try container.decodeIfPresent(String.self, forKey: "client_id")
        clientSecretFile = try container.decodeIfPresent(String.self, forKey: "client_secret_file")
        roleClaim = try container.decodeIfPresent(String.self, forKey: "role_claim")
        roles = try container.decodeIfPresent(ConsoleRoles.self, forKey: "roles") ?? ConsoleRoles()
    }
}

extension KeyedDecodingContainer where Key == SettingKey {
    fileprivate func port(forKey key: SettingKey) throws -> Int? {
        guard contains(key) else { return nil }
        guard let port = try? decode(Int.self, forKey: key), (1...65_535).contains(port) else {
            throw SettingProblem(description: "console: expected 1 to 65535 as \(key.stringValue)")
        }
        return port
    }
}
