import Foundation
import Perch
import ServiceTesting
import Testing

/// What HTTP libraries do not send, over a real connection.
@Suite("hostile HTTP") struct HostileHTTPTests {
    private static let chunked = "Transfer-Encoding: chunked\r\n\r\n"

    private static func post(_ rest: String) -> String {
        "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(UUID.v7().text).admin\r\n"
            + "Content-Type: application/json\r\nConnection: close\r\n" + rest
    }

    @Test func aBodyThatIsNoneIsNoFaultOfOurs() async throws {
        try await whileServing(try await Scene(.tracker).api, verifier: TestVerifier()) { port in
            for chunks in ["ZZZ\r\nxx\r\n0\r\n\r\n", "-1\r\nxx\r\n", "FFFFFFFFFFFFFFFFF\r\nxx\r\n", "2\r\n{}0\r\n\r\n"]
            {
                let answer = try await RawHTTP.exchange(port, Self.post(Self.chunked + chunks))
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(chunks): \(answer)")
            }
            let encoded = try await RawHTTP.exchange(port, Self.post("Transfer-Encoding: gzip\r\n\r\n{}"))
            #expect(encoded.hasPrefix("HTTP/1.1 400 "), "\(encoded)")
            let whole = try await RawHTTP.exchange(
                port,
                Self.post(Self.chunked + "d\r\n{\"title\":\"x\"}\r\n0\r\n\r\n")
            )
            #expect(whole.hasPrefix("HTTP/1.1 201 "), "\(whole)")
        }
    }

    /// What two readers would divide differently hides a request from one of them.
    @Test func aBodyWhoseEndIsInDoubtEndsTheConnection() async throws {
        let hidden = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        try await whileServing(try await Scene(.tracker).api, verifier: TestVerifier()) { port in
            for length in [
                "Content-Length: 13\r\nTransfer-Encoding: chunked", "Content-Length: 13\r\nContent-Length: 0",
                "Content-Length: 13, 0", "Content-Length: +13", "Content-Length: -1",
                "Content-Length: 99999999999999999999", "Content-Length : 0",
            ] {
                let answer = try await RawHTTP.exchange(port, Self.post("\(length)\r\n\r\n0\r\n\r\n\(hidden)"))
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(length): \(answer)")
                #expect(!answer.contains("live"), "\(length)")
            }
        }
    }

    @Test func anAnswerToHeadHasTheLengthAndNoBody() async throws {
        try await whileServing(try await Scene(.tracker).api, verifier: TestVerifier()) { port in
            for (path, status) in [("/health/live", "200 "), ("/nothing", "404 "), ("/v1/tickets", "401 ")] {
                let request = " \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                let head = try await RawHTTP.exchange(port, "HEAD" + request)
                #expect(head.hasPrefix("HTTP/1.1 \(status)"), "\(head)")
                #expect(RawHTTP.body(of: head) == "")
                let body = RawHTTP.body(of: try await RawHTTP.exchange(port, "GET" + request))
                #expect(head.contains("Content-Length: \(body.utf8.count)\r\n"), "\(head)")
            }
        }
    }

    @Test(arguments: ["QUERY", "PROPFIND", "LOCK", "TRACE", "DELETE"])
    func eachOtherMethodIsToldWhichOnesThereAre(_ method: String) async throws {
        try await whileServing(try await Scene(.tracker).api, verifier: TestVerifier()) { port in
            func answer(_ path: String) async throws -> String {
                try await RawHTTP.exchange(port, "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            }
            let list = try await answer("/v1/tickets?limit=1")
            #expect(list.hasPrefix("HTTP/1.1 405 ") && list.contains("Allow: GET, HEAD, POST\r\n"), "\(list)")
            let reassign = try await answer("/v1/tickets/reassign")
            #expect(reassign.hasPrefix("HTTP/1.1 405 ") && reassign.contains("Allow: POST\r\n"), "\(reassign)")
            let one = try await answer("/v1/tickets/\(UUID.v7().text)")
            #expect(one.hasPrefix("HTTP/1.1 405 ") && one.contains("Allow: GET, HEAD\r\n"), "\(one)")
            #expect(try await answer("/v1/nothing").hasPrefix("HTTP/1.1 404 "))
        }
    }
}
