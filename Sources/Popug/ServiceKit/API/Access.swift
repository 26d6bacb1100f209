public import Foundation
public import PopugEvents

/// Who a request comes from: what its access token says.
public struct AuthenticatedUser: Sendable, Hashable {
    /// The user.
    public let id: UUID
    /// What the user could do when the token was issued.
    public let role: Role
    /// As it is shown; nil where the token does not tell.
    public let name: String?

    /// - Parameter name: Default nil: not known.
    public init(id: UUID, role: Role, name: String? = nil) {
        self.id = id
        self.role = role
        self.name = name
    }
}

/// Who may make a call.
public struct Access: Sendable, Hashable {
    enum Rule: Hashable {
        case anyone
        case roles(Set<Role>)
        case ownerOr(Set<Role>, parameter: String)
    }

    let rule: Rule

    /// Also without a token.
    public static let anyone = Access(rule: .anyone)
    /// Whoever is logged in.
    public static let anyUser = Access(rule: .roles(everyRole))
    /// Users of these roles only.
    public static func roles(_ roles: Role...) -> Access { Access(rule: .roles(Set(roles))) }
    /// The user whose id is this parameter of the path, and users of these roles.
    public static func owner(_ parameter: String, or roles: Role...) -> Access {
        Access(rule: .ownerOr(Set(roles), parameter: parameter))
    }

    /// Whether the user may make the call.
    func allows(_ user: AuthenticatedUser, path: (String) -> String?) -> Bool {
        switch rule {
        case .anyone: true
        case .roles(let roles): roles.contains(user.role)
        case .ownerOr(let roles, let parameter):
            roles.contains(user.role) || path(parameter).flatMap(UUID.init(uuidString:)) == user.id
        }
    }

    static let everyRole = Set(Role.allCases)

    /// For people: `manager, admin`.
    var summary: String {
        switch rule {
        case .anyone: "anyone"
        case .roles(let roles) where roles == Self.everyRole: "anyone who is logged in"
        case .roles(let roles): Self.list(roles)
        case .ownerOr(let roles, _): "the user; " + Self.list(roles)
        }
    }

    private static func list(_ roles: Set<Role>) -> String {
        Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: ", ")
    }
}

/// Tells who a token belongs to. Services that verify tokens share one.
public protocol TokenVerifying: Sendable {
    /// - Throws: `TokenError`.
    func verify(_ token: String) async throws -> AuthenticatedUser
}
