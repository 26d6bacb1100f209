import HTTPTesting
import LocalServers
import PageKit
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing
import Times

@testable import PerchConsole

@Suite struct LiveTailTests {
    private static func entry(_ position: Int64, key: String = "a") -> TopicTail.Entry {
        let data = Array(#"{"order":"\#(key)","count":\#(position)}"#.utf8)
        let envelope = Envelope(
            id: .v7(),
            source: "shop",
            type: "order_counted",
            version: 1,
            subject: key,
            time: .now,
            data: data
        )
        let id = EntryID(milliseconds: 1_000 + position, position: position)
        return TopicTail.Entry(partition: Partition("orders", 0), id: id, envelope: envelope)
    }

    @Test func aWindowShowsTheNewestAndTellsHowManyPassed() {
        var window = TailWindow(EventFilter(), past: EntryID(milliseconds: 1_002, position: 2))
        for position in 1...25 { window.add(Self.entry(Int64(position))) }
        #expect(window.take().map(\.id.position) == Array(6...25), "the first two are on the page already")
        #expect(window.take().isEmpty)
        #expect(window.words == "3 more passed")
        window.skip(1_837)
        #expect(window.words == "1,840 more passed")
        window.skip(.max)
        #expect(window.words == "9,223,372,036,854,775,807 more passed")
    }

    @Test func aWindowWithAFilterDoesNotSayThatItSawWhatItSkipped() {
        var window = TailWindow(EventFilter(key: "b"), past: .zero)
        window.add(Self.entry(1))
        window.add(Self.entry(2, key: "b"))
        window.skip(1_000)
        #expect(window.take().map(\.id.position) == [2])
        #expect(window.words == "1,000 came too fast to be looked at")
    }

    /// What a stream says until it has said something.
    private static func listen(
        _ path: String,
        _ cookie: String,
        _ console: ConsoleSystem,
        until word: String,
        _ whileOpen: () async throws -> Void
    ) async throws -> String {
        let port = console.client.port
        return try await RawConnection.open(port) { connection in
            try await connection.send(
                "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nCookie: \(cookie)\r\nAccept: text/event-stream\r\n\r\n"
            )
            try await whileOpen()
            return await connection.read(until: word)
        }
    }

    @Test func whatComesIsPutOnTopOfWhatThePageShowed() async throws {
        try await withConsole { console in
            try await console.publish(3)
            try await console.running {
                let cookie = try await console.client.login()
                try await eventually("the three are shown") {
                    try await console.client.get("/tail/orders", cookie: cookie).body.matches(of: /<tr id="orders:/)
                        .count == 3
                }
                let page = try await console.client.get("/tail/orders", cookie: cookie).body
                let address = try #require(page.firstMatch(of: /data-stream="([^"]+)"/)).1.replacing("&amp;", with: "&")
                #expect(address.hasPrefix("/live/tail/orders?past="))
                let text = try await Self.listen(String(address), cookie, console, until: "order-7") {
                    try await eventually("it is followed") { await console.console.feeds == 1 }
                    try await console.publish(8)
                }
                #expect(text.contains("event: feed"))
                #expect(text.contains(#""href":"/trace?key=order-7""#))
                try await eventually("nobody follows it any more") { await console.console.feeds == 0 }
            }
        }
    }

    @Test func aFilterOfATailIsAppliedByTheConsole() async throws {
        try await withConsole { console in
            try await console.running {
                let cookie = try await console.client.login()
                let path = "/live/tail/orders?field=count%3D5&past=0-0"
                let text = try await Self.listen(path, cookie, console, until: "order-5") {
                    try await console.publish(12)
                }
                #expect(!text.contains("order-4") && !text.contains("order-6"))
            }
            let wrong = try await console.client.get("/tail/orders?field=cuont%3D5")
            #expect(wrong.status == 400 && wrong.body.contains("count"), "\(wrong.body)")
        }
    }

    @Test func whoAsksForAPlaceInTheFutureDoesNotKeepOthersFromSeeingWhatComes() async throws {
        try await withConsole { console in
            try await console.running {
                let cookie = try await console.client.login()
                let future = "/live/tail/orders?past=9223372036854775807-0"
                _ = try await Self.listen(future, cookie, console, until: ": \n\n") {
                    try await eventually("it is followed") { await console.console.feeds == 1 }
                    let text = try await Self.listen("/live/tail/orders?past=0-0", cookie, console, until: "order-3") {
                        try await console.publish(4)
                    }
                    #expect(text.contains("event: feed"))
                }
            }
        }
    }

    /// More waits than may be read in a second: a part of it is read, and of the rest the number is told.
    @Test func aFirehoseIsPassedAndCountedAndNotRead() async throws {
        try await withConsole { console in
            let channel = try RedisConfiguration(url: console.system.redis.url).channel()
            for partition in 0..<4 {
                for position in 1...10_000 {
                    try channel.send(RedisCommand("XADD", "orders:\(partition)", "1-\(position)", "greeting", "hello"))
                }
                try channel.receiveOutstanding()
            }
            let (cookie, port) = (try await console.client.login(), console.client.port)
            func passed(_ text: String) -> Int {
                let numbers = text.matches(of: /"words":"([0-9,]+) more passed/).map { $0.1.filter { $0 != "," } }
                return numbers.last.flatMap { Int($0) } ?? 0
            }
            try await RawConnection.open(port) { connection in
                try await connection.send(
                    "GET /live/tail/orders?past=0-0 HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nCookie: \(cookie)\r\n\r\n"
                )
                let text = await connection.read { passed($0) > 5000 }
                #expect(await console.console.entriesFollowed == 5000)
                let rows = text.matches(of: /"id":"orders:/).count
                #expect(rows == 20 && passed(text) == 40_000 - rows, "\(rows) rows, and \(passed(text)) passed")
            }
        }
    }

    @Test func noMoreTopicsAreFollowedThanMayBe() async throws {
        try await withConsole { console in
            let board = LiveBoard()
            let feeds = TopicFeeds(console.connections, board, limit: 0)
            let stream = try await board.open([], session: "ann")
            await #expect(throws: TopicFeeds.TooMany.self) {
                try await feeds.add(
                    stream,
                    of: ConsoleSystem.orders,
                    EventFilter(),
                    past: .zero,
                    by: PageClock(),
                    isMasked: false
                )
            }
        }
    }

    @Test func aFilterDoesNotFindWhatItsViewerMayNotSee() async throws {
        try await withConsole({ $0.tokenRole = .viewer }) { console in
            try await console.database.transaction { tx in
                try tx.publish(NotedOrder(order: "noted", count: 1, note: "secret"))
            }
            try await console.running {
                let cookie = try await console.client.login()
                // The sign that stands for what is private is all that can be found of it.
                let path = "/live/tail/orders?field=note%3D%E2%80%A2%E2%80%A2%E2%80%A2&past=0-0"
                let text = try await Self.listen(path, cookie, console, until: "noted") {}
                #expect(text.contains("event: feed") && !text.contains("secret"))
            }
        }
    }
}
