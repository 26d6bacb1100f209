import HTTPKit
import HTTPTesting
import Hummingbird
import PageKit
import Testing

@Suite struct LiveTests {
    private static let request = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func live(_ board: LiveBoard, _ keys: Set<LiveKey> = ["a", "b"]) -> (Router<PageContext>) -> Void {
        { router in
            router.get("/live") { request, _ in
                do {
                    return try await board.open(keys, session: "s").response(to: request)
                } catch {
                    throw HTTPError(.serviceUnavailable)
                }
            }
        }
    }

    /// Until so many streams are open.
    private static func streams(_ count: Int, _ board: LiveBoard) async throws {
        while await board.streamCount != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aStreamHasAllValuesAtFirstAndThenWhatChanges() async throws {
        let board = LiveBoard()
        await board.publish(["a": "1", "b": "2", "c": "3"])
        try await PageServing.serve(Self.live(board)) { port, _ async throws in
            try await RawConnection.open(port) { connection in
                try await connection.send(Self.request)
                try await Self.streams(1, board)
                await board.publish(["a": "1", "b": "<b>\n\u{202E}", "c": "4"])
                await board.notify("2 rows changed", showing: ["b"])
                let text = await connection.read(until: "event: notice")
                #expect(text.lowercased().contains("content-type: text/event-stream"))
                #expect(text.contains("retry: 5000\n\n"))
                #expect(text.contains("event: values\nid: 1\ndata: {"))
                #expect(text.contains(#""a":"1""#))
                #expect(text.contains(#""b":"<b>\n⟨U+202E⟩""#))
                #expect(!text.contains(#""c""#))
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aStreamThatHasNothingToSayBeats() async throws {
        let board = LiveBoard(heartbeat: .milliseconds(5))
        try await PageServing.serve(Self.live(board)) { port, _ async throws in
            try await RawConnection.open(port) { connection in
                try await connection.send(Self.request)
                #expect(await connection.read(until: ": \n\n\r\n4\r\n: \n\n").contains("retry: 5000"))
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aPageThatGoesFreesItsPlace() async throws {
        let board = LiveBoard(limit: 1, heartbeat: .milliseconds(5))
        try await PageServing.serve(Self.live(board)) { port, _ async throws in
            try await RawConnection.open(port) { connection in
                try await connection.send(Self.request)
                try await Self.streams(1, board)
                #expect(try await PageServing.ask(port, "GET /live").status == 503)
            }
            try await Self.streams(0, board)
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func theEndOfASessionEndsItsStreams() async throws {
        let board = LiveBoard()
        try await PageServing.serve(Self.live(board)) { port, _ async throws in
            try await RawConnection.open(port) { connection in
                try await connection.send("GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                try await Self.streams(1, board)
                await board.end(session: "another")
                await board.end(session: "s")
                #expect(await connection.read().contains("event: session\n"))
            }
            try await Self.streams(0, board)
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aProgramThatIsToldToStopDoesNotWaitForItsStreams() async throws {
        let board = LiveBoard()
        var limits = EdgeLimits()
        // Nothing cuts the streams but their own end.
        limits.drain = .seconds(3600)
        try await PageServing.serve(limits: limits, Self.live(board)) { port, stop async throws in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await RawConnection.open(port) { connection in
                            try await connection.send(Self.request)
                            return await connection.read()
                        }
                    }
                }
                try await Self.streams(20, board)
                await stop()
                for try await text in group { #expect(text.hasSuffix("0\r\n\r\n")) }
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aClientThatTakesNothingIsCutAndWhatWaitsForItStaysSmall() async throws {
        let board = LiveBoard(heartbeat: .milliseconds(5))
        var limits = EdgeLimits()
        limits.answer = .seconds(1)
        try await PageServing.serve(limits: limits, Self.live(board)) { port, _ async throws in
            try await SlowClient.open(port, Self.request) {
                try await Self.streams(1, board)
                var count = 0
                // Each is larger than what the board keeps of all before it: one value of the key.
                while await board.streamCount > 0 {
                    try Task.checkCancellation()
                    count += 1
                    await board.publish(["a": "\(count)" + String(repeating: "x", count: 64 * 1024)])
                    await Task.yield()
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(30)))
    func aTableGetsItsRowsAndAClientThatIsSlowTheNewestOfThem() async throws {
        let board = LiveBoard()
        try await PageServing.serve({ router in
            router.get("/live") { request, _ in
                guard let stream = try? await board.open([], session: "s") else { throw HTTPError(.serviceUnavailable) }
                let rows = (1...250).map {
                    FeedRow(id: "r\($0)", cells: [.init("<b>\($0)"), .init("key", to: "/trace")])
                }
                await board.feed(rows, words: "3 more passed", to: stream)
                return stream.response(to: request)
            }
        }) { port, _ async throws in
            try await RawConnection.open(port) { connection in
                try await connection.send(Self.request)
                let text = await connection.read(until: "r250")
                #expect(text.contains("event: feed\ndata: {"))
                #expect(text.contains(#"{"id":"r51","cells":[{"text":"<b>51"},{"text":"key","href":"/trace"}]}"#))
                #expect(!text.contains(#""id":"r50""#))
            }
            try await Self.streams(0, board)
        }
        let closed = try await board.open([], session: "s")
        await closed.close()
        #expect(await board.feed([], to: closed) == false)
    }

    @Test func aBoardKeepsOneValueOfAKeyForWhoeverIsSlow() async throws {
        let board = LiveBoard(limit: 2)
        let first = try await board.open(["a"], session: "s")
        let second = try await board.open(["b"], session: "s")
        await #expect(throws: LiveBoard.TooManyStreams.self) { try await board.open(["a"], session: "s") }
        await first.close()
        await first.close()
        #expect(await board.streamCount == 1)
        await second.close()
    }
}
