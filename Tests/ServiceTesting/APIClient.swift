public import Foundation
public import HTTPKit
public import HTTPTypes
import Logging
import Perch
public import PopugEvents
public import ServiceKit
import StrictJSON
public import Testing

/// Who makes a call in a test.
public enum Caller: Sendable {
    /// Nobody: no token.
    case stranger
    /// A user of this role.
    case user(UUID, Role)
    /// Whoever bears this text as a token.
    case bearer(String)

    /// Some user of this role.
    public static func someone(_ role: Role) -> Caller { .user(.v7(), role) }
}

/// Calls an API over a real connection, as its clients would, and checks that what comes back is as the API describes it.
public struct APIClient: Sendable {
    let api: API
    /// Where it is served.
    public let port: Int

    /// Makes a call.
    ///
    /// - Parameters:
    ///   - path: With its query.
    ///   - body: JSON, unless `mediaType` says otherwise.
    public func call(
        _ method: HTTPRequest.Method,
        _ path: String,
        as caller: Caller = .stranger,
        body: String? = nil,
        bytes: [UInt8]? = nil,
        mediaType: String? = nil,
        headers: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> APIAnswer {
        var fields = HTTPFields()
        switch caller {
        case .stranger: break
        case .user(let id, let role): fields[.authorization] = "Bearer \(TestVerifier.token(id, role))"
        case .bearer(let token): fields[.authorization] = "Bearer \(token)"
        }
        let content = bytes ?? body.map { Array($0.utf8) }
        if content != nil { fields[.contentType] = mediaType ?? "application/json" }
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let answer = try await HTTPConnection.exchange(method, path, headers: fields, body: content, port: port)
        let undescribed = api.undescribed(answer.bytes, status: .init(code: answer.status), to: method, path)
        #expect(undescribed.isEmpty, "\(method) \(path)", sourceLocation: sourceLocation)
        return answer
    }
}

/// What came back.
public struct APIAnswer: Sendable {
    /// `200`
    public let status: Int
    /// As they were sent.
    public let headers: HTTPFields
    /// The body.
    public let bytes: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The body as JSON.
    ///
    /// - Throws: where it is none.
    public var json: JSONAnswer {
        get throws { JSONAnswer(value: try JSONDocument(bytes).root) }
    }

    /// The end of the problem's type: `email-taken`; nil where the body is no problem document.
    public var problem: String? {
        guard headers[.contentType] == "application/problem+json" else { return nil }
        return (try? json)?["type"]?.string.map { String($0.dropFirst("urn:popug:problem:".count)) }
    }
}

/// A JSON value of an answer.
public struct JSONAnswer: Sendable {
    let value: JSONValue

    /// The member of that name; nil where there is none.
    public subscript(_ name: String) -> JSONAnswer? { value[name].map(JSONAnswer.init) }
    /// The string; nil for another kind.
    public var string: String? { value.string }
    /// The whole number; nil for another kind.
    public var integer: Int64? { value.kind == .integer ? Int64(value.lexeme) : nil }
    /// The elements of an array; empty for another kind.
    public var elements: [JSONAnswer] { value.elements.map(JSONAnswer.init) }
    /// The elements of `items`: what a page holds.
    public var items: [JSONAnswer] { self["items"]?.elements ?? [] }
}

/// Serves an API on a free port while the body runs, and lends a client of it. Tokens are believed: that forged ones are not is
/// tested where they are verified.
public func withAPI<R: Sendable>(
    _ api: API,
    verifier: any TokenVerifying = TestVerifier(),
    _ body: @escaping @Sendable (APIClient) async throws -> R
) async throws -> R {
    try await whileServing(api, verifier: verifier) { port in
        try await body(APIClient(api: api, port: port))
    }
}

/// Serves an API on a free port, as its program does, while the body runs.
public func whileServing<R: Sendable>(
    _ api: API,
    verifier: any TokenVerifying,
    proxies: TrustedProxies = .none,
    _ body: (_ port: Int) async throws -> R
) async throws -> R {
    try await whileServing(api, verifier: verifier, proxies: proxies, limits: EdgeLimits(), body)
}

/// The same within other limits.
package func whileServing<R: Sendable>(
    _ api: API,
    verifier: any TokenVerifying,
    proxies: TrustedProxies = .none,
    limits: EdgeLimits,
    _ body: (_ port: Int) async throws -> R
) async throws -> R {
    let (ports, port) = AsyncStream<Int>.makeStream()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = APIServer(
        api: api,
        host: "127.0.0.1",
        port: 0,
        limits: limits,
        verifier: verifier,
        proxies: proxies,
        logger: logger
    ) { port.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { port.finish() }
            try await server.run()
        }
        defer { group.cancelAll() }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw NotServing()
        }
        return try await body(port)
    }
}

/// The server has ended before it served.
private struct NotServing: Error {}

/// Believes what a token of a test says.
public struct TestVerifier: TokenVerifying {
    /// It holds nothing.
    public init() {}

    static func token(_ id: UUID, _ role: Role) -> String { "\(id.text).\(role.rawValue)" }

    /// - Throws: `TokenError` for a text that is not of a test's form.
    public func verify(_ token: String) async throws -> AuthenticatedUser {
        let parts = token.split(separator: ".")
        guard parts.count == 2, let id = UUID(uuidString: String(parts[0])), let role = Role(rawValue: String(parts[1]))
        else { throw TokenError.invalid(reason: "not a test's token") }
        return AuthenticatedUser(id: id, role: role, name: "Test")
    }
}
