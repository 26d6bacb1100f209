import HTTPTypes
import ServiceTesting

/// Who makes a call.
enum Who: CaseIterable, Sendable {
    case stranger, employee, manager, accountant, admin
    /// An employee whose own account it is, or who has the ticket.
    case owner
}

/// A call, and the status that each gets for it.
struct AccessRow: Sendable {
    /// What is sent in the place of `{…}`, and as a body.
    struct Sent: Sendable {
        let path: String
        var body: String?
        var mediaType: String?
    }

    let method: HTTPRequest.Method
    let path: String
    let statuses: [Int]
    /// Prepares what the call is about, anew for each cell.
    let prepare: @Sendable (Scene, APIClient) async throws -> Sent

    /// - Parameter statuses: In the order of `Who`; without the last where nobody owns what the call is about.
    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ statuses: [Int],
        prepare: (@Sendable (Scene, APIClient) async throws -> Sent)? = nil
    ) {
        self.method = method
        self.path = path
        self.statuses = statuses
        self.prepare = prepare ?? { _, _ in Sent(path: path) }
    }

    var cells: [(Who, Int)] { Array(zip(Who.allCases, statuses)) }
    var name: String { "\(method.rawValue) \(path)" }
}

/// Who may do what: the tables of the domain, call by call, and not read off the code.
///
/// In the order of `Who`: stranger, employee, manager, accountant, admin; then who owns what the call is about.
enum AccessTable {
    static func rows(of service: ServiceName) -> [AccessRow] {
        let own =
            switch service {
            case .auth: auth
            case .tracker: tracker
            case .accounting: accounting
            case .analytics: analytics
            }
        return own + operations
    }

    private static let operations = [
        AccessRow(.get, "/health/live", [200, 200, 200, 200, 200]),
        AccessRow(.get, "/health/ready", [200, 200, 200, 200, 200]),
        AccessRow(.get, "/metrics", [200, 200, 200, 200, 200]),
        AccessRow(.get, "/openapi.json", [200, 200, 200, 200, 200]),
    ]

    private static let form = "application/x-www-form-urlencoded"

    private static let auth = [
        AccessRow(.get, "/.well-known/jwks.json", [200, 200, 200, 200, 200]),
        AccessRow(.get, "/.well-known/openid-configuration", [200, 200, 200, 200, 200]),
        AccessRow(.post, "/v1/sessions", [201, 201, 201, 201, 201]) { scene, _ in
            .init(path: "/v1/sessions", body: scene.credentials)
        },
        AccessRow(.post, "/oauth/token", [200, 200, 200, 200, 200]) { scene, client in
            let token = try await scene.refreshToken(client)
            return .init(path: "/oauth/token", body: "grant_type=refresh_token&refresh_token=\(token)", mediaType: form)
        },
        AccessRow(.post, "/oauth/revoke", [200, 200, 200, 200, 200]) { scene, client in
            .init(path: "/oauth/revoke", body: "token=\(try await scene.refreshToken(client))", mediaType: form)
        },
        AccessRow(.post, "/v1/users", [401, 403, 403, 403, 201]) { scene, _ in
            .init(path: "/v1/users", body: scene.newUser)
        },
        AccessRow(.get, "/v1/users", [401, 403, 403, 403, 200]),
        AccessRow(.get, "/v1/users/me", [401, 200, 200, 200, 200]),
        AccessRow(.post, "/v1/users/me/password", [401, 201, 201, 201, 201]) { scene, _ in
            .init(path: "/v1/users/me/password", body: scene.passwordChange)
        },
        AccessRow(.post, "/v1/users/{user_id}/password", [401, 403, 403, 403, 200]) { scene, client in
            .init(path: "/v1/users/\(try await scene.user(client))/password", body: #"{"password": "battery staple"}"#)
        },
        AccessRow(.post, "/v1/users/{user_id}/end-sessions", [401, 403, 403, 403, 200]) { scene, client in
            .init(path: "/v1/users/\(try await scene.user(client))/end-sessions")
        },
        AccessRow(.post, "/v1/users/{user_id}/disable", [401, 403, 403, 403, 200]) { scene, client in
            .init(path: "/v1/users/\(try await scene.user(client))/disable")
        },
        AccessRow(.post, "/v1/users/{user_id}/enable", [401, 403, 403, 403, 200]) { scene, client in
            .init(path: "/v1/users/\(try await scene.user(client))/enable")
        },
    ]

    private static let tracker = [
        AccessRow(.post, "/v1/tickets", [401, 201, 201, 201, 201]) { _, _ in
            .init(path: "/v1/tickets", body: #"{"title": "Mend the coop"}"#)
        },
        AccessRow(.get, "/v1/tickets", [401, 200, 200, 200, 200]) { _, _ in
            .init(path: "/v1/tickets?status=open&assignee=me")
        },
        AccessRow(.get, "/v1/tickets/{ticket_id}", [401, 200, 200, 200, 200, 200]) { scene, client in
            .init(path: "/v1/tickets/\(try await scene.ticket(client))")
        },
        AccessRow(.post, "/v1/tickets/{ticket_id}/close", [401, 403, 403, 403, 403, 200]) { scene, client in
            .init(path: "/v1/tickets/\(try await scene.ticket(client))/close")
        },
        AccessRow(.post, "/v1/tickets/reassign", [401, 403, 200, 403, 200]),
    ]

    private static let accounting = [
        AccessRow(.get, "/v1/accounts/me", [401, 200, 200, 200, 200, 200]),
        AccessRow(.get, "/v1/accounts/me/entries", [401, 200, 200, 200, 200, 200]),
        AccessRow(.get, "/v1/accounts/{user_id}", [401, 403, 403, 200, 200, 200]) { scene, _ in
            .init(path: "/v1/accounts/\(scene.owner)")
        },
        AccessRow(.get, "/v1/accounts/{user_id}/entries", [401, 403, 403, 200, 200, 200]) { scene, _ in
            .init(path: "/v1/accounts/\(scene.owner)/entries")
        },
        AccessRow(.get, "/v1/accounts", [401, 403, 403, 200, 200]),
        AccessRow(.get, "/v1/management/earnings", [401, 403, 403, 200, 200]),
        AccessRow(.post, "/v1/days/{day}/close", [401, 403, 403, 403, 200]) { _, _ in
            .init(path: "/v1/days/2026-11-22/close")
        },
    ]

    private static let analytics = [
        AccessRow(.get, "/v1/earnings", [401, 403, 403, 403, 200]),
        AccessRow(.get, "/v1/employees/below-zero", [401, 403, 403, 403, 200]),
        AccessRow(.get, "/v1/tickets/most-expensive", [401, 403, 403, 403, 200]) { _, _ in
            .init(path: "/v1/tickets/most-expensive?period=week")
        },
        AccessRow(.get, "/v1/wages", [401, 403, 403, 403, 200]),
    ]
}
