import Testing

@testable import Perch

/// What the relay writes its commands to.
@Suite struct CommandMemoryTests {
    private func write(_ argument: [UInt8], to memory: CommandMemory) -> LogEntry {
        let start = memory.count
        memory.write(atMost: argument.count + CommandWriter.frame) { command in
            argument.withUnsafeBytes { command.appendArgument($0) }
        }
        return LogEntry(id: .zero, memory: memory, range: start..<memory.count)
    }

    private func commands(of entries: [LogEntry]) -> [(String, Int)] {
        var pieces: [(String, Int)] = []
        LogEntry.withCommands(of: entries) { pieces.append((String(decoding: $0, as: UTF8.self), $1)) }
        return pieces
    }

    @Test func anEntryKeepsItsCommandWhenTheNextAreWritten() {
        var memory = CommandMemory()
        var entry: LogEntry? = write(Array("first".utf8), to: memory)
        let first = ObjectIdentifier(memory)
        CommandMemory.renew(&memory)
        #expect(ObjectIdentifier(memory) != first)
        _ = write(Array("other".utf8), to: memory)
        #expect(commands(of: [entry].compactMap(\.self)).map(\.0) == ["$5\r\nfirst\r\n"])
        entry = nil
        let second = ObjectIdentifier(memory)
        CommandMemory.renew(&memory)
        #expect(ObjectIdentifier(memory) == second && memory.count == 0)
    }

    @Test func commandsThatFollowOneAnotherGoInOnePiece() {
        let (memory, other) = (CommandMemory(), CommandMemory())
        let entries = ["a", "b", "c"].map { write(Array($0.utf8), to: memory) } + [write([], to: other)]
        let all = commands(of: entries)
        #expect(all.map(\.0) == ["$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "$0\r\n\r\n"])
        #expect(all.map(\.1) == [3, 1])
        let some = commands(of: [entries[0], entries[2], entries[1]])
        #expect(some.map(\.0) == ["$1\r\na\r\n", "$1\r\nc\r\n", "$1\r\nb\r\n"])
        #expect(commands(of: []).isEmpty)
    }

    @Test func whatOutgrowsTheMemoryStaysWhole() {
        var memory = CommandMemory()
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let entries = [write([1], to: memory), write(large, to: memory), write([2], to: memory)]
        LogEntry.withCommands(of: entries) { commands, count in
            #expect(count == 3)
            let (before, behind) = ("$1\r\n\u{1}\r\n$5000000\r\n", "\r\n$1\r\n\u{2}\r\n")
            #expect(commands.elementsEqual(Array(before.utf8) + large + Array(behind.utf8)))
        }
        let used = ObjectIdentifier(memory)
        withExtendedLifetime(entries) {}
        // So much memory is not kept for ever, and not written over while an entry is there.
        CommandMemory.renew(&memory)
        #expect(ObjectIdentifier(memory) != used && memory.count == 0)
    }
}
