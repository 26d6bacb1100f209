package import Redis

/// An owner's streams on one Redis: one method an action.
package struct RedisOwnerStreams<Channel: RedisChannel>: OwnerStreams {
    let connection: Channel
    let naming: StreamNaming
    let sources: [TopicName: String]
    /// The groups that the contract declares, by topic.
    let groups: [TopicName: [GroupName]]
    /// Whether who appends rings for those who wait: in a cluster nobody blocks. See `ClusterBells`.
    let rings: Bool
    /// None but in the simulation.
    let mistakes: Mistakes

    package init(
        connection: Channel,
        naming: StreamNaming,
        sources: [TopicName: String],
        groups: [TopicName: [GroupName]],
        rings: Bool = false,
        mistakes: Mistakes = []
    ) {
        self.connection = connection
        self.naming = naming
        self.sources = sources
        self.groups = groups
        self.rings = rings
        self.mistakes = mistakes
    }

    package var isDead: Bool { connection.isDead }

    package static func failure(of error: any Error) -> ServerFailure? {
        switch error {
        case let error as RefusedAppend: ServerFailure(.refused, error.cause)
        case let error as RedisError where error.concernsServer: ServerFailure(.lost, error)
        case is RedisError, is RelayError: ServerFailure(.troubled, error)
        case let error as UnfitRedis: ServerFailure(.lost, error)
        case let error as ServerFailure: error
        default: nil
        }
    }

    // MARK: Inspect

    package func inspect(_ partition: Partition) throws -> StreamState {
        try sendInspection(partition)
        return try receiveInspection(partition)
    }

    /// The watch begins here, so that what is read after it is what the append relies on. Groups come before the stream:
    /// what they had acknowledged then was in the stream that is looked at after them.
    func sendInspection(_ partition: Partition) throws {
        let key = naming.key(partition)
        try connection.send(RedisCommand("UNWATCH"))
        try connection.send(RedisCommand("WATCH", key))
        try connection.send(RedisCommand("XINFO", "GROUPS", key))
        for group in groups[partition.topic, default: []] {
            try connection.send(RedisCommand("XPENDING", key, group.rawValue))
        }
        try connection.send(RedisCommand("XINFO", "STREAM", key))
    }

    func receiveInspection(_ partition: Partition) throws -> StreamState {
        try connection.receive { _ in }
        try connection.receive { _ in }
        var state = StreamState()
        let delivered = try receiveGroups()
        var floors: [EntryID?] = []
        for group in groups[partition.topic, default: []] {
            let last = delivered[group.rawValue]
            let pending = try receiveLowestPending()
            // A group that is not there has acknowledged nothing.
            floors.append(last.map { min($0.successor, pending ?? $0.successor) })
            if let last { state.lowestGroup = min(state.lowestGroup ?? last, last) }
        }
        state.acknowledgedBefore = floors.contains(nil) ? nil : floors.compactMap(\.self).min()
        do {
            try connection.receive { reply in
                try forEachField(of: reply) { name, value in
                    switch name {
                    case "length": state.length = Int64(try value.integer)
                    case "last-generated-id": state.last = EntryID(clamping: try value.string())
                    case "first-entry" where value.kind == .array:
                        state.first = EntryID(clamping: try value.withElement(0) { try $0.string() })
                    case "last-entry" where value.kind == .array:
                        state.endsForeign = try !StreamEntry.isOurs(value, source: sources[partition.topic] ?? "")
                    default: break
                    }
                }
            }
        } catch let error as RedisError where error.isMissingKey {}
        return state
    }

    /// The last delivered id of each group of the stream.
    private func receiveGroups() throws -> [String: EntryID] {
        var delivered: [String: EntryID] = [:]
        do {
            try connection.receive { groups in
                try groups.forEach { group in
                    let name = try group.withValue(of: "name") { try $0.string() }
                    delivered[name] = EntryID(
                        clamping: try group.withValue(of: "last-delivered-id") { try $0.string() }
                    )
                }
            }
        } catch let error as RedisError where error.isMissingKey {}
        return delivered
    }

    private func receiveLowestPending() throws -> EntryID? {
        do {
            return try connection.receive { reply in
                try reply.withElement(1) { $0.isNull ? nil : EntryID(clamping: try $0.string()) }
            }
        } catch let error as RedisError where error.prefix == .noGroup {
            return nil
        }
    }

    private func forEachField(
        of reply: borrowing RedisReply,
        _ body: (String, borrowing RedisReply) throws -> Void
    ) throws {
        for index in stride(from: 0, to: try reply.count - 1, by: 2) {
            let name = try reply.withElement(index) { try $0.string() }
            try reply.withElement(index + 1) { try body(name, $0) }
        }
    }

    package func readTail(_ partition: Partition, after id: EntryID, most: Int) throws -> [StreamEntry] {
        let command = RedisCommand("XRANGE", naming.key(partition), "(\(id)", "+", "COUNT", String(most))
        return try connection.execute(command) { reply in
            var entries: [StreamEntry] = []
            try reply.forEach { entries.append(try StreamEntry($0, source: sources[partition.topic] ?? "")) }
            return entries
        }
    }

    // MARK: Append

    /// One round trip: the transaction, and behind it the inspection of the next partition.
    package func append(
        _ entries: [LogEntry],
        to partition: Partition,
        after last: EntryID,
        inspecting next: Partition?
    ) throws -> (RelayInput.AppendOutcome, StreamState?) {
        let commands = try sendAppend(entries, to: partition, after: last)
        if let next { try sendInspection(next) }
        let outcome: RelayInput.AppendOutcome
        do {
            outcome = try receiveTransaction(commands: commands)
        } catch let refusal as RefusedAppend {
            // The inspection behind it is still on its way: nothing is read into it.
            if mistakes.contains(.errorBehindRefusalEndsConnection) {
                do { try connection.receiveOutstanding() } catch { throw ServerFailure(.lost, error) }
            }
            try forgetOutstanding()
            throw refusal
        }
        do {
            return (outcome, try next.map { try receiveInspection($0) })
        } catch let error as RedisError where !error.concernsServer {
            // The next partition's own trouble: it shows again when that is looked at by itself.
            try forgetOutstanding()
            return (outcome, nil)
        }
    }

    /// - Returns: How many commands the transaction has.
    func sendAppend(_ entries: [LogEntry], to partition: Partition, after last: EntryID) throws -> Int {
        // A stream that does not begin at position 1 is told how many entries there were before, or its lag is wrong.
        let startsLate = last == .zero && (entries.first?.id.position ?? 1) > 1
        return try sendTransaction(entries, to: partition, deleting: false, settingID: startsLate)
    }

    /// Reads all replies that are on their way, whatever they say.
    package func forgetOutstanding() throws {
        while connection.outstanding > 0 {
            do { try connection.receive { _ in } } catch let error as RedisError where error.isAnswer {}
        }
    }

    /// Makes the stream again with these entries. Its groups go with the old one: workers make them again at their
    /// checkpoints.
    package func rebuild(_ partition: Partition, _ entries: [LogEntry]) throws -> RelayInput.AppendOutcome {
        let commands = try sendTransaction(entries, to: partition, deleting: true, settingID: !entries.isEmpty)
        return try receiveTransaction(commands: commands)
    }

    private func sendTransaction(
        _ entries: [LogEntry],
        to partition: Partition,
        deleting: Bool,
        settingID: Bool
    ) throws -> Int {
        let key = naming.key(partition)
        try connection.send(RedisCommand("MULTI"))
        if deleting { try connection.send(RedisCommand("DEL", key)) }
        try LogEntry.withCommands(of: entries) { commands, count in
            try connection.send("XADD", encoded: commands, count: count)
        }
        var commands = entries.count + (deleting ? 1 : 0)
        if settingID, let last = entries.last?.id {
            commands += 1
            try connection.send(
                RedisCommand(
                    "XSETID",
                    key,
                    last.description,
                    "ENTRIESADDED",
                    String(last.position),
                    "MAXDELETEDID",
                    "0-0"
                )
            )
        }
        if rings {
            // The last one: who hears it finds the entries.
            commands += 1
            try connection.send(RedisCommand("SPUBLISH", key, ""))
        }
        try connection.send(RedisCommand("EXEC"))
        return commands
    }

    /// Nothing was appended unless EXEC answers with every command's reply: a refused command aborts them all.
    func receiveTransaction(commands: Int) throws -> RelayInput.AppendOutcome {
        var refusal: RedisError?
        for _ in 0...commands {
            do { try connection.receive { _ in } } catch let error as RedisError where !error.isConnectionDead {
                refusal = refusal ?? error
            }
        }
        do {
            return try connection.receive { reply in
                guard reply.kind == .array else { return .raced }
                try reply.forEach { if $0.kind == .error { throw RelayError.appendedInPart(try $0.string()) } }
                return .appended
            }
        } catch let error as RedisError where !error.isConnectionDead {
            let cause = refusal ?? error
            // A replica, or a node that has not got the stream, takes nothing however often it is asked.
            throw cause.concernsServer ? cause : RefusedAppend(cause: cause)
        }
    }

    // MARK: Trim

    /// The position of the newest entry that is not younger than this; 0 if there is none.
    package func position(of partition: Partition, notAfter milliseconds: Int64) throws -> Position {
        let command = RedisCommand("XREVRANGE", naming.key(partition), String(milliseconds), "-", "COUNT", "1")
        return try connection.execute(command) { reply in
            guard try reply.count > 0 else { return 0 }
            return EntryID(clamping: try reply.withElement(0) { try $0.withElement(0) { try $0.string() } }).position
        }
    }

    /// Drops entries before this id: exactly, or whole nodes of the stream, which costs Redis less.
    ///
    /// A full Redis refuses every transaction, also one that would make room. It takes no entry of anybody's either, so
    /// there the bare command is as good.
    /// - Returns: How many were dropped; nil if somebody changed the stream under the watch, and nothing was.
    package func trim(_ partition: Partition, before id: EntryID, exactly isExact: Bool) throws -> Int? {
        let key = naming.key(partition)
        // How many go at a time is settled by the id; Redis' own limit of 10,000 would leave the rest behind in silence.
        var trim = RedisCommand("XTRIM", key, "MINID", isExact ? "=" : "~", id.description)
        if !isExact, !mistakes.contains(.trimsOneSlice) {
            trim.append("LIMIT")
            trim.append("0")
        }
        try connection.send(RedisCommand("MULTI"))
        try connection.send(trim)
        try connection.send(RedisCommand("EXEC"))
        var refusal: RedisError?
        for _ in 0..<2 {
            do { try connection.receive { _ in } } catch let error as RedisError where !error.isConnectionDead {
                refusal = refusal ?? error
            }
        }
        do {
            return try connection.receive { reply in
                reply.isNull ? nil : try reply.withElement(0) { try $0.integer }
            }
        } catch let error as RedisError where !error.isConnectionDead {
            guard (refusal ?? error).prefix == .outOfMemory else { throw refusal ?? error }
            return try connection.execute(trim) { try $0.integer }
        }
    }
}

/// Redis refused to append; nothing was appended.
struct RefusedAppend: Error {
    let cause: RedisError
}

enum RelayError: Error, CustomStringConvertible {
    /// An error inside EXEC's reply: the commands before it did run. The stream has to be looked at again.
    case appendedInPart(String)

    var description: String {
        switch self {
        case .appendedInPart(let message): "a command inside EXEC failed: \(message)"
        }
    }
}

extension RedisError {
    /// It is not about one key or command: the connection is lost, or leads to a server that takes nothing now. A new one may lead
    /// to another server.
    package var concernsServer: Bool {
        if isConnectionDead { return true }
        return switch prefix {
        case .busy?, .noAuth?, .wrongPassword?: true
        default: false
        }
    }

    /// `ERR no such key`: a stream that does not exist. Redis gives it no prefix of its own, only these words.
    package var isMissingKey: Bool { prefix == .error && message.contains("no such key") }
}
