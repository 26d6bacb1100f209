import Foundation
import HTTPKit
import HTTPTypes
import ServiceKit

/// Where the office reaches the services.
struct OfficeAddresses: Sendable {
    /// `http://127.0.0.1:8081`
    let auth: String
    let tracker: String
}

/// A service refused a call.
struct Refusal: Error, CustomStringConvertible {
    let status: Int
    /// What the problem document says of its kind, such as `ticket-closed`; empty where there is none.
    let problem: String
    let detail: String

    var description: String { "\(status) \(problem): \(detail)" }
    /// Whether the same call may work later.
    var isTransient: Bool { status >= 500 || status == 429 }
}

/// Makes calls and reads their answers.
struct OfficeHTTP: Sendable {
    private static let timeout = Duration.seconds(30)
    private static let largestAnswer = 4 * 1024 * 1024

    /// Makes a call with a JSON body, or none.
    ///
    /// - Throws: `Refusal`, or what the connection's end is told by.
    func call<Answer: Decodable>(
        _ method: HTTPRequest.Method,
        _ url: String,
        token: String? = nil,
        body: [String: String]? = nil,
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        var request = HTTPClient.Request(method, url)
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = Array(try JSONEncoder().encode(body))
        }
        return try await send(request, as: type)
    }

    /// Posts a form.
    func post<Answer: Decodable>(
        form: [String: String],
        to url: String,
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let text = form.map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let request = HTTPClient.Request(
            .post,
            url,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(text.utf8)
        )
        return try await send(request, as: type)
    }

    private func send<Answer: Decodable>(_ request: HTTPClient.Request, as type: Answer.Type) async throws -> Answer {
        let answer = try await HTTPClient.shared.send(request, within: Self.timeout, largest: Self.largestAnswer)
        let data = Data(answer.body)
        guard (200..<300).contains(answer.status) else {
            let document = try? JSONDecoder().decode(ProblemDocument.self, from: data)
            throw Refusal(
                status: answer.status,
                problem: document.map { $0.type.split(separator: ":").last.map(String.init) ?? "" } ?? "",
                detail: document?.detail ?? document?.title ?? ""
            )
        }
        return try JSONDecoder().decode(type, from: data)
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private struct ProblemDocument: Decodable {
        let type: String
        let title: String
        let detail: String?
    }
}

/// A person who is logged in, and stays so.
actor OfficeSession {
    private struct Tokens: Decodable {
        let access_token: String
        let refresh_token: String
        let expires_in: Double
    }

    private let http = OfficeHTTP()
    private let auth: String
    private let email: String
    private let password: String
    private var tokens: Tokens?
    private var refreshAt = ContinuousClock.now
    private var login: Task<Tokens, any Error>?

    init(auth: String, email: String, password: String) {
        self.auth = auth
        self.email = email
        self.password = password
    }

    /// An access token that is good for some minutes. Those who ask at the same time share one login.
    func token() async throws -> String {
        if let tokens, ContinuousClock.now < refreshAt { return tokens.access_token }
        let login = login ?? Task { try await logIn() }
        self.login = login
        defer { self.login = nil }
        let tokens = try await login.value
        self.tokens = tokens
        refreshAt = .now + .seconds(tokens.expires_in / 2)
        return tokens.access_token
    }

    private func logIn() async throws -> Tokens {
        if let tokens {
            let form = ["grant_type": "refresh_token", "refresh_token": tokens.refresh_token]
            // Whatever is wrong with the refresh token: the password is still there.
            if let refreshed = try? await http.post(form: form, to: "\(auth)/oauth/token", as: Tokens.self) {
                return refreshed
            }
        }
        return try await http.call(.post, "\(auth)/v1/sessions", body: ["email": email, "password": password])
    }
}
