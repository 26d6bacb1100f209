import HTTPTesting
import HTTPTypes
import Testing

@testable import HTTPKit

@Suite struct HTTPClientTests {
    private func head(_ status: String, length: Int) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n"
    }

    @Test func anAnswerOfAnyStatusIsReadAndOneOfAnotherSchemeIsNotAskedFor() async throws {
        let problem = #"{"title":"Log in first"}"#
        let answer =
            "\(head("401 Unauthorized", length: problem.utf8.count))WWW-Authenticate: Bearer\r\n\r\n\(problem)"
        try await RawServer.serving(answer) { _, port in
            let request = HTTPClient.Request(
                .post,
                "http://127.0.0.1:\(port)/v1/sessions",
                body: Array("{}".utf8)
            )
            let received = try await HTTPClient.shared.send(request, within: .seconds(60), largest: 1000)
            #expect(received == HTTPClient.Answer(status: 401, body: Array(problem.utf8)))
            await #expect(throws: HTTPClientError.tooLarge) {
                try await HTTPClient.shared.send(request, within: .seconds(60), largest: 10)
            }
        }
        for url in ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "x"] {
            await #expect(throws: HTTPClientError.notHTTP) {
                try await HTTPClient.shared.send(
                    HTTPClient.Request(.get, url),
                    within: .seconds(60),
                    largest: 10
                )
            }
        }
    }

    /// Foundation has its own ways with these, and we have no credentials.
    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            #"Basic realm="issuer""#, "Basic", #"Digest realm="x", nonce="y""#, "Negotiate", "NTLM",
            #"Bearer error="invalid_client""#,
        ]
    )
    func anAnswerThatAsksForCredentialsIsAnAnswer(_ question: String) async throws {
        let answer = "\(head("401 Unauthorized", length: 2))WWW-Authenticate: \(question)\r\n\r\n{}"
        try await RawServer.serving(answer) { server, port in
            let request = HTTPClient.Request(.get, "http://127.0.0.1:\(port)/")
            let received = try await HTTPClient.shared.send(request, within: .seconds(3600), largest: 10)
            #expect(received == HTTPClient.Answer(status: 401, body: Array("{}".utf8)))
            #expect(server.requests == 1)
        }
    }

    @Test(.timeLimit(.minutes(30))) func aCallThatIsCancelledEnds() async throws {
        try await RawServer.serving("HTTP/1.1 200 OK\r\n") { server, port in
            let call = Task {
                let request = HTTPClient.Request(.get, "http://127.0.0.1:\(port)/")
                return try await HTTPClient.shared.send(request, within: .seconds(3600), largest: 10)
            }
            while server.requests == 0 { await Task.yield() }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }
}
