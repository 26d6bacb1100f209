import Foundation
import HTTPTesting
import HTTPKit
import Logging
import Perch
import PopugEvents
import ServiceLifecycle
import ServiceTesting
import Testing

@testable import ServiceKit

/// What a connection may take, over a real one.
@Suite("connections") struct ConnectionTests {
    private static let host = "Host: x\r\n"

    private static func limits(_ change: (inout EdgeLimits) -> Void) -> EdgeLimits {
        var limits = EdgeLimits()
        change(&limits)
        return limits
    }

    private func exchange(_ text: String) async throws -> String {
        try await whileServing(EdgeTests.api, verifier: TestVerifier()) { port in
            try await RawConnection.open(port) { connection in
                try await connection.send(text)
                return await connection.read()
            }
        }
    }

    private static let form =
        "POST /v1/forms HTTP/1.1\r\n\(host)Content-Type: application/x-www-form-urlencoded\r\n"

    // MARK: Heads

    @Test(arguments: [
        "GET /openapi.json HTTP/1.1\r\n", "GET /openapi.json HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: a\r\nhost: b\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: a/b\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: a, b\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: user@a\r\n",
        "GET /openapi.json HTTP/1.0\r\nHost: a\r\nHost: b\r\n",
        "POST /v1/forms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n",
        "POST /v1/forms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "POST /v1/forms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n",
        "POST /v1/forms HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
    ]) func aHeadThatTwoReadersMayTakeForTwoThingsEndsTheConnection(_ head: String) async throws {
        let hidden = "0\r\n\r\nGET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        let answer = try await exchange("\(head)\r\n\(hidden)")
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(200))")
        #expect(!answer.contains(" 200 ") && answer.components(separatedBy: "HTTP/1.1 ").count == 2)
    }

    @Test(arguments: [
        "GET /openapi.json HTTP/1.1\r\nHost: [::1]:8081\r\n", "GET /openapi.json HTTP/1.1\r\nHost:\r\n",
        "GET /openapi.json HTTP/1.0\r\n", "GET /openapi.json HTTP/1.0\r\nHost: a.example\r\n",
    ]) func aHeadThatIsAsItShouldBeIsAnswered(_ head: String) async throws {
        let answer = try await exchange("\(head)Connection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer.prefix(200))")
    }

    // MARK: Bodies

    @Test func aBodyThatDoesNotComeInTimeIsAnsweredAndEndsTheConnection() async throws {
        let limits = Self.limits { $0.body = .milliseconds(200) }
        try await whileServing(EdgeTests.api, verifier: TestVerifier(), limits: limits) { port in
            try await RawConnection.open(port) { connection in
                try await connection.send("\(Self.form)Content-Length: 100\r\n\r\ng")
                let answer = await connection.read()
                #expect(
                    answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("request-timeout"),
                    "\(answer)"
                )
                #expect(answer.contains("Connection: close\r\n"))
            }
        }
    }

    /// Its time begins when it is its turn.
    @Test func theTimeOfABodyIsItsOwn() async throws {
        let limits = Self.limits { $0.body = .seconds(3600) }
        try await whileServing(EdgeTests.api, verifier: TestVerifier(), limits: limits) { port in
            try await RawConnection.open(port) { connection in
                try await connection.send("\(Self.form)Content-Length: 12\r\n\r\ngrant_")
                try await connection.send(
                    "type=a\(Self.form)Connection: close\r\nContent-Length: 12\r\n\r\ngrant_"
                )
                try await connection.send("type=b")
                let answer = await connection.read()
                #expect(
                    answer.contains(#"{"grant_type":"a"}"#) && answer.contains(#"{"grant_type":"b"}"#),
                    "\(answer)"
                )
            }
        }
    }

    /// Refused for who sends it, and for its length.
    @Test(arguments: [("", 401), ("Authorization: Bearer \(UUID.v7().text).admin\r\n", 413)])
    func aBodyThatIsRefusedIsNotReadToItsEnd(_ authorization: String, _ status: Int) async throws {
        try await whileServing(EdgeTests.api, verifier: TestVerifier()) { port in
            try await RawConnection.open(port) { connection in
                try await connection.send(
                    "POST /v1/things HTTP/1.1\r\n\(Self.host)\(authorization)Content-Type: application/json\r\n"
                        + "Content-Length: 1000000000\r\n\r\n"
                )
                let chunk = String(repeating: " ", count: 65_536)
                if status == 413 { for _ in 0..<8 { try await connection.send(chunk) } }
                let answer = await connection.read(until: "\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(answer.contains("Connection: close\r\n"), "\(answer)")
                var sent = 0
                do {
                    while sent < 1_000_000_000 {
                        try await connection.send(chunk)
                        sent += chunk.utf8.count
                    }
                } catch {
                    // The server has had enough.
                }
                #expect(sent < 100_000_000)
            }
        }
    }

    @Test func aFormOfManyFieldsIsRefused() async throws {
        try await withAPI(EdgeTests.api) { client in
            for (fields, status) in [(100, 200), (101, 400), (30_000, 400)] {
                let more = (1..<fields).map { "&x\($0)=" }.joined()
                let answer = try await client.call(
                    .post,
                    "/v1/forms",
                    body: "grant_type=a\(more)",
                    mediaType: "application/x-www-form-urlencoded"
                )
                #expect(answer.status == status, "\(fields)")
            }
            let query = String(repeating: "&", count: 100)
            let answer = try await client.call(
                .get,
                "/v1/things/\(EdgeTests.owner.text)?\(query)",
                as: .someone(.admin)
            )
            #expect(answer.status == 400)
        }
    }

    // MARK: Answers

    @Test func whoDoesNotTakeAnswersIsCutOff() async throws {
        let limits = Self.limits { $0.answer = .milliseconds(300) }
        try await whileServing(EdgeTests.api, verifier: TestVerifier(), limits: limits) { port in
            try await RawConnection.open(port) { connection in
                let requests = String(
                    repeating: "GET /openapi.json HTTP/1.1\r\n\(Self.host)\r\n",
                    count: 1000
                )
                await #expect(throws: (any Error).self) {
                    while true { try await connection.send(requests) }
                }
            }
        }
    }

    // MARK: The end, and the number

    @Test func aServerThatIsToldToStopWaitsForNobodyForLong() async throws {
        let limits = Self.limits {
            $0.body = .seconds(3600)
            $0.drain = .milliseconds(200)
        }
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = APIServer(
            api: EdgeTests.api,
            host: "127.0.0.1",
            port: 0,
            limits: limits,
            verifier: TestVerifier(),
            logger: .silent
        ) { port.yield($0) }
        let group = ServiceGroup(services: [server], logger: .silent)
        async let running: Void = group.run()
        let serving = try #require(await ports.first { _ in true })
        try await RawConnection.open(serving) { connection in
            try await connection.send("\(Self.form)Content-Length: 100\r\nExpect: nothing\r\n\r\ng")
            // It has been taken: another, on a connection of its own, has been answered.
            _ = try await RawConnection.open(serving) { other in
                try await other.send("GET /openapi.json HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n")
                return await other.read()
            }
            await group.triggerGracefulShutdown()
            _ = await connection.read()
        }
        try await running
    }

    @Test func moreConnectionsThanThereMayBeWaitForTheirTurn() async throws {
        let limits = Self.limits { $0.connections = 1 }
        let request = "GET /openapi.json HTTP/1.1\r\n\(Self.host)\r\n"
        try await whileServing(EdgeTests.api, verifier: TestVerifier(), limits: limits) { port in
            let waiting = try await RawConnection.open(port) { first in
                try await first.send(request)
                #expect(await first.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
                return Task {
                    try await RawConnection.open(port) { second in
                        try await second.send(request)
                        return await second.read(until: "\r\n\r\n")
                    }
                }
            }
            #expect(try await waiting.value.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
