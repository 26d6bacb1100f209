import LocalServers
import Redis
import Testing

@Suite struct ReplyTests {
    @Test func streamEntriesAreReadAsXADDWroteThem() async throws {
        try await withConnection { connection, _ in
            let first = try connection.execute(RedisCommand("XADD", "s:0", "5-1", "type", "a", "data", "{}")) {
                try $0.string()
            }
            #expect(first == "5-1")
            try connection.execute(RedisCommand("XADD", "s:0", "5-2", "type", "b", "data", "[]"))
            try connection.execute(RedisCommand("XGROUP CREATE", "s:0", "g", "0"))
            let read = RedisCommand("XREADGROUP", "GROUP", "g", "c", "COUNT", 10, "STREAMS", "s:0", ">")
            let entries = try connection.execute(read) { streams in
                try streams.withElement(0) { stream in
                    try #expect(stream.withElement(0) { try $0.string() } == "s:0")
                    return try stream.withElement(1) { try $0.map(Entry.init) }
                }
            }
            let expected = [Entry(id: "5-1", type: "a", fields: 4), Entry(id: "5-2", type: "b", fields: 4)]
            #expect(entries == expected)
            let range = try connection.execute(RedisCommand("XRANGE", "s:0", "(5-1", "+")) { try $0.map(Entry.init) }
            #expect(range == [expected[1]])

            let last = try connection.execute(RedisCommand("XINFO STREAM", "s:0")) { info in
                try info.withValue(of: "last-generated-id") { try $0.string() }
            }
            #expect(last == "5-2")
            let nothing = try connection.execute(read) { $0.isNull }
            #expect(nothing)
        }
    }

    @Test func pendingEntriesThatWereDeletedComeWithoutFields() async throws {
        try await withConnection { connection, redis in
            try redis.cli("XADD", "s", "1-1", "f", "v")
            try redis.cli("XGROUP", "CREATE", "s", "g", "0")
            try redis.cli("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">")
            try redis.cli("XDEL", "s", "1-1")
            let history = RedisCommand("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", "0")
            try connection.execute(history) { streams in
                try streams.withElement(0) { stream in
                    try stream.withElement(1) { entries in
                        try entries.withElement(0) { entry in
                            try #expect(entry.withElement(1) { $0.isNull })
                        }
                    }
                }
            }
        }
    }

    @Test func aReplyWhoseMemoryIsKeptStaysWhereItIs() async throws {
        try await withConnection { connection, _ in
            func echo(_ letter: String) throws -> (bytes: UnsafeRawBufferPointer, memory: ReplyMemory) {
                try connection.send(RedisCommand("ECHO", String(repeating: letter, count: 100_000)))
                return try connection.receive { reply, memory in (try reply.withBytes { $0 }, memory) }
            }
            let kept = try echo("a")
            for letter in ["b", "c", "d"] { _ = try echo(letter) }
            let isKept = withExtendedLifetime(kept.memory) {
                kept.bytes.count == 100_000 && kept.bytes.allSatisfy { $0 == UInt8(ascii: "a") }
            }
            #expect(isKept)
        }
    }

    @Test func argumentsOfAnyLengthArriveAsTheyAre() async throws {
        try await withConnection { connection, _ in
            func echo(_ argument: any RedisArgument) throws -> [UInt8] {
                try connection.execute(RedisCommand("ECHO", argument)) { try $0.bytes() }
            }
            for length in Array(0...33) + [99, 100, 101, 999, 1000, 1001, 65_535, 1_000_000] {
                let argument = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
                try #expect(echo(argument) == argument)
                var command = RedisCommand("ECHO")
                argument.withUnsafeBytes { command.append($0) }
                try #expect(connection.execute(command) { try $0.bytes() } == argument)
            }
            let numbers = [0, 1, 9, 10, 11, 99, 100, 101, 12_345, -1, -10, -100, Int.max, Int.min]
            for number in numbers {
                try #expect(echo(number) == Array("\(number)".utf8))
            }
            try #expect(echo(UInt64.max) == Array("\(UInt64.max)".utf8))
        }
    }

    @Test func errorsInsideAnEXECAreSeenWithTheirPrefix() async throws {
        try await withConnection { connection, _ in
            try connection.send(RedisCommand("MULTI"))
            try connection.send(RedisCommand("SET", "text", "x"))
            try connection.send(RedisCommand("LPUSH", "text", "x"))
            try connection.send(RedisCommand("INCR", "n"))
            for _ in 0..<4 { try connection.receive { _ in } }
            try connection.execute(RedisCommand("EXEC")) { results in
                let kinds = try results.map { $0.kind }
                #expect(kinds == [.status, .error, .integer])
                try results.withElement(1) { result in
                    #expect(result.error?.prefix == .wrongType)
                    #expect(result.error?.message.hasPrefix("WRONGTYPE Operation") == true)
                    let misread = try #require(throws: RedisError.self) { _ = try result.integer }
                    #expect(misread.code == .unexpectedReply && misread.prefix == .wrongType)
                }
            }
        }
    }

    @Test func aBrokenWATCHGivesNull() async throws {
        try await withConnection { connection, redis in
            try connection.execute(RedisCommand("WATCH", "k"))
            try redis.cli("SET", "k", "other")
            try connection.execute(RedisCommand("MULTI"))
            try connection.execute(RedisCommand("SET", "k", "mine"))
            let isNull = try connection.execute(RedisCommand("EXEC")) { $0.isNull }
            #expect(isNull)
        }
    }

    @Test func aRefusedCommandAbortsTheEXEC() async throws {
        try await withConnection { connection, _ in
            try connection.send(RedisCommand("MULTI"))
            try connection.send(RedisCommand("NOSUCHCOMMAND"))
            try connection.send(RedisCommand("EXEC"))
            try connection.receive { _ in }
            let refused = try #require(throws: RedisError.self) { try connection.receive { _ in } }
            #expect(refused.prefix == .error)
            let aborted = try #require(throws: RedisError.self) { try connection.receive { _ in } }
            #expect(aborted.prefix == .execAbort)
        }
    }

    @Test func aReplyOfAnotherKindSaysWhatWasExpectedAndWhatCame() async throws {
        try await withConnection { connection, _ in
            func misread(_ command: RedisCommand, _ read: (borrowing RedisReply) throws -> Void) throws -> String {
                let error = try #require(throws: RedisError.self) { try connection.execute(command, read) }
                #expect(error.code == .unexpectedReply && !error.isConnectionDead)
                return error.message
            }
            try #expect(misread(RedisCommand("PING")) { _ = try $0.integer } == "expected an integer, got a status")
            try #expect(
                misread(RedisCommand("GET", "x")) { _ = try $0.string() } == "expected a string, got nothing (null)"
            )
            try #expect(
                misread(RedisCommand("DBSIZE")) { try $0.forEach { _ in } } == "expected an array, got an integer"
            )
            try #expect(misread(RedisCommand("TIME")) { _ = try $0.bytes() } == "expected a string, got an array of 2")
            try #expect(
                misread(RedisCommand("TIME")) { try $0.withElement(2) { _ in } }
                    == "expected an array with an element 2, got an array of 2"
            )
            try #expect(
                misread(RedisCommand("ECHO", [UInt8]([0xFF, 0xFE]))) { _ = try $0.string() }
                    == "expected a string in UTF-8, got 2 bytes that are not"
            )
            try #expect(
                misread(RedisCommand("TIME")) { try $0.withValue(of: "seconds") { _ in } }
                    == "expected a field seconds, got an array of 2"
            )
        }
    }
}

private struct Entry: Equatable {
    var id: String
    var type: String
    var fields: Int
}

extension Entry {
    init(_ entry: borrowing RedisReply) throws {
        id = try entry.withElement(0) { try $0.string() }
        (type, fields) = try entry.withElement(1) { fields in
            (try fields.withValue(of: "type") { try $0.string() }, try fields.count)
        }
    }
}
