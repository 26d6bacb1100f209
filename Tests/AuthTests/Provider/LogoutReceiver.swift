import HTTPKit
import HTTPTypes
import Hummingbird
import PageKit
import StrictJSON
import Synchronization

/// Clients that are told who has logged out, each at a path of its own.
final class LogoutReceiver: Sendable {
    private let taken = Mutex<[(client: String, token: String)]>([])
    private let refusals = Mutex<[String: Int]>([:])

    /// How often a client refuses before it takes a token.
    func refuse(_ client: String, times: Int) { refusals.withLock { $0[client] = times } }

    var clients: [String] { taken.withLock { $0.map(\.client) }.sorted() }
    /// Of the tokens that a client was sent.
    func claims(of client: String) throws -> [JSONValue] {
        try taken.withLock { $0.filter { $0.client == client } }.map { sent in
            try JSONDocument(SignedToken(sent.token).payload).root
        }
    }

    func header(of client: String) throws -> JSONValue? {
        try taken.withLock { $0.first { $0.client == client } }.map {
            try JSONDocument(SignedToken($0.token).header).root
        }
    }

    func add(to router: Router<PageContext>) {
        router.post("/:client") { request, context -> HTTPResponse.Status in
            let client = context.parameters.get("client") ?? ""
            let token = try await FormFields(of: request)["logout_token"] ?? ""
            self.taken.withLock { $0.append((client, token)) }
            let isRefused = self.refusals.withLock { left in
                guard let count = left[client], count > 0 else { return false }
                left[client] = count - 1
                return true
            }
            return isRefused ? .serviceUnavailable : .ok
        }
    }
}
