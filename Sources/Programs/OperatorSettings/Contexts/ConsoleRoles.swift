/// Which values of the issuer's claim give which role in the console.
package struct ConsoleRoles: Decodable, Sendable, Hashable {
    package private(set) var admin: [String] = []
    package private(set) var `operator`: [String] = []
    package private(set) var viewer: [String] = []

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(knowing: ["admin", "operator", "viewer"], in: "roles:")
        admin = try container.decodeIfPresent([String].self, forKey: "admin") ?? []
        `operator` = try container.decodeIfPresent([String].self, forKey: "operator") ?? []
        viewer = try container.decodeIfPresent([String].self, forKey: "viewer") ?? []
    }
}
