import HTTPTesting
import LocalServers
import PerchConsole
import PerchTesting
import Testing

@Suite struct StreamTests {
    /// A page that stays open: what comes until its end.
    private static func open(_ path: String, _ cookie: String, port: Int) -> Task<String, any Error> {
        Task {
            try await RawConnection.open(port) { connection in
                try await connection.send(
                    "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nCookie: \(cookie)\r\nAccept: text/event-stream\r\n\r\n"
                )
                return await connection.read()
            }
        }
    }

    @Test func streamsThatAreOpenEndWithTheConsole() async throws {
        let (texts, text) = AsyncStream<Task<String, any Error>>.makeStream()
        try await withConsole { console in
            let cookie = try await console.client.login()
            for _ in 0..<20 { text.yield(Self.open("/live?of=/groups", cookie, port: console.client.port)) }
            text.finish()
            try await eventually("all are open") { await console.console.streams == 20 }
        }
        for await opened in texts {
            let answer = try await opened.value
            #expect(answer.contains("groups/shipping/orders/lag"))
            #expect(answer.hasSuffix("0\r\n\r\n"), "it has an end of its own")
        }
    }

    @Test func whoeverBeginsToLookEndsTheRestOfTheConsole() async throws {
        try await withConsole({ $0.restTime = .seconds(86_400) }) { console in
            // Nobody has looked yet, and it rests after its first look.
            try await eventually("it has looked") { await console.console.looks == 1 }
            let stream = Self.open("/live?of=/groups", try await console.client.login(), port: console.client.port)
            try await eventually("it looks as often as for anybody") { await console.console.looks > 3 }
            stream.cancel()
        }
    }

    @Test func fiftyWhoLookCostTheServersWhatOneCosts() async throws {
        try await withConsole({ $0.diagnosisAge = .seconds(86_400) }) { console in
            let cookie = try await console.client.login()
            try await eventually("the doctor has looked") {
                try await !console.client.get("/", cookie: cookie).body.contains("The doctor is looking")
            }
            // Each has a session of its own: one session may not open so many at once.
            let first = try await console.client.login()
            var opened = [Self.open("/live?of=/groups", first, port: console.client.port)]
            try await eventually("it is open") { await console.console.streams == 1 }
            let one = try await cost(of: 3, console)
            for _ in 1..<50 {
                let other = try await console.client.login()
                opened.append(Self.open("/live?of=/groups", other, port: console.client.port))
            }
            try await eventually("all are open") { await console.console.streams == 50 }
            let fifty = try await cost(of: 3, console)
            #expect(one > 0 && fifty <= one * 2, "\(one) commands for one, \(fifty) for fifty")
            for stream in opened { stream.cancel() }
        }
    }

    /// How many commands Redis got while the console looked so often.
    private func cost(of looks: Int, _ console: ConsoleSystem) async throws -> Int {
        let (before, begun) = (try commands(console), await console.console.looks)
        try await eventually("it looks") { await console.console.looks >= begun + looks }
        return try commands(console) - before
    }

    private func commands(_ console: ConsoleSystem) throws -> Int {
        let lines = try console.system.redis.cli("INFO", "stats").split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Int($0.split(separator: ":")[1]) } ?? 0
    }
}
