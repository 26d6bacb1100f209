import HTTPKit
import HTTPTypes
import Hummingbird
import PageKit
import PerchTesting
import StrictJSON
import Synchronization

@testable import Auth

/// Clients that are told who has logged out, each at a path of its own.
final class LogoutReceiver: Sendable {
    private let taken = Mutex<[(client: String, token: String)]>([])
    private let refusals = Mutex<[String: Int]>([:])
    private let held = Mutex<(isHolding: Bool, now: Int, most: Int)>((false, 0, 0))

    /// How often a client refuses before it takes a token.
    func refuse(_ client: String, times: Int) { refusals.withLock { $0[client] = times } }

    /// Whether answers wait. Those that wait are given when it is over.
    func hold(_ isHolding: Bool) { held.withLock { $0.isHolding = isHolding } }

    /// How many are being told.
    var now: Int { held.withLock(\.now) }

    /// How many were told at the same time.
    var most: Int { held.withLock(\.most) }

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
            self.held.withLock { held in
                held.now += 1
                held.most = max(held.most, held.now)
            }
            defer { self.held.withLock { $0.now -= 1 } }
            try await eventually("the answer may be given") { !self.held.withLock(\.isHolding) }
            let isRefused = self.refusals.withLock { left in
                guard let count = left[client], count > 0 else { return false }
                left[client] = count - 1
                return true
            }
            return isRefused ? .serviceUnavailable : .ok
        }
    }

    /// Auth, with clients of which some can be told.
    static func serve(
        told names: [String] = ["tracker", "accounting"],
        pace: TellingPace = .patient,
        keeps: Bool = true,
        _ body: @escaping @Sendable (ProviderFixture, LogoutReceiver) async throws -> Void
    ) async throws {
        let receiver = LogoutReceiver()
        try await whileServingPages({ receiver.add(to: $0) }) { port in
            let uris = names.map { ($0, "http://127.0.0.1:\(port)/\($0)") }
            let clients = ProviderFixture.clients(backChannel: Dictionary(uniqueKeysWithValues: uris))
            try await ProviderFixture.serve(clients, pace: pace, keeps: keeps) { try await body($0, receiver) }
        }
    }
}
