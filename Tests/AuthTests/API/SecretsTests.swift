import Foundation
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Synchronization
import Testing

@testable import Auth

@Suite struct SecretsTests {
    @Test func noSecretIsLoggedOrAnswered() async throws {
        let auth = try AuthFixture()
        let log = LogBook()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .trace
        let answers = Mutex<[String]>([])
        try await withAPI(auth.api(logger: logger)) { client in
            func post(_ path: String, _ body: String, as caller: Caller = .stranger) async throws -> APIAnswer {
                let isForm = path.hasPrefix("/oauth")
                let answer = try await client.call(
                    .post,
                    path,
                    as: caller,
                    body: body,
                    mediaType: isForm ? "application/x-www-form-urlencoded" : nil
                )
                answers.withLock { $0.append(answer.text) }
                return answer
            }
            let ann = #"{"name":"Ann","email":"ann@x.org","password":"very secret word","role":"admin"}"#
            for status in [201, 409] {
                #expect(try await post("/v1/users", ann, as: .someone(.admin)).status == status)
            }
            let long = ann.replacing("word", with: String(repeating: "word", count: 100))
            #expect(try await post("/v1/users", long, as: .someone(.admin)).status == 422)
            let tokens = try await post("/v1/sessions", #"{"email":"ann@x.org","password":"very secret word"}"#)
            #expect(tokens.status == 201)
            let refresh = try #require(try tokens.json["refresh_token"]?.string)
            answers.withLock { _ = $0.removeLast() }
            // A password in the place of an email, until it is slowed down.
            for _ in 0..<12 { _ = try await post("/v1/sessions", #"{"email":"very secret word","password":"x"}"#) }
            let form = "grant_type=refresh_token&refresh_token=\(refresh)"
            #expect(try await post("/oauth/token", form).status == 200)
            answers.withLock { _ = $0.removeLast() }
            #expect(try await post("/oauth/token", form).status == 400)
            #expect(try await post("/oauth/revoke", "token=\(refresh)").status == 200)
            for text in log.lines + answers.withLock(\.self) {
                for secret in ["secret word", refresh, "scrypt"] { #expect(!text.contains(secret), "\(text)") }
            }
        }
        let messages = Set(log.lines.compactMap { $0.split(separator: " {").first.map(String.init) })
        #expect(messages == ["signing keys changed", "login failed", "login slowed down", "refresh refused"])
    }
}

/// Keeps what is logged.
private final class LogBook: LogHandler {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock(\.self) }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).map { "\($0)=\($1)" }.joined(separator: " ")
        let error = event.error.map { " error=\($0)" } ?? ""
        kept.withLock { $0.append("\(event.message) {\(metadata)}\(error)") }
    }
}
