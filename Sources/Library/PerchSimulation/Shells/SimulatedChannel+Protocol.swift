import Perch
import PerchProtocol
import Redis

/// Between the bytes of Redis' protocol and the typed commands of the simulated server.
extension ShellActor {
    /// Sends commands, and spells what the server answers.
    func exchange(_ batch: [[[UInt8]]], with address: Int, by channel: Int) throws -> [[UInt8]] {
        var exchanges: [Exchange] = []
        var transaction: [[[UInt8]]]?
        for command in batch {
            switch command.texts[0] {
            case "MULTI": transaction = []
            case "EXEC":
                exchanges.append(self.transaction(transaction ?? []))
                transaction = nil
            case _ where transaction != nil: transaction?.append(command)
            default: exchanges.append(self.exchange(command, with: address))
            }
        }
        var replies = try call(exchanges.flatMap(\.commands), to: address, by: channel)[...]
        return exchanges.flatMap { exchange in
            let own = Array(replies.prefix(exchange.commands.count))
            replies = replies.dropFirst(own.count)
            // A server that is not the one answers each command so.
            if !exchange.isTransaction, let refused = own.lazy.compactMap(\.wrongServer).first {
                return [spell(refused, exchange.commands[0].stream)]
            }
            return exchange.spell(own)
        }
    }

    /// What a server answers that is not the one.
    private func spell(_ refusal: RedisRefusal, _ stream: Int?) -> [UInt8] {
        let slot = HashSlot(of: "t:\(stream ?? 0)")
        switch refusal {
        case .moved(let address): return RESP.error("MOVED \(slot) \(SimulatedNodeConnections.node(at: address))")
        case .ask(let address): return RESP.error("ASK \(slot) \(SimulatedNodeConnections.node(at: address))")
        default:
            if simulation.sabotage == .readOnlyTakenAsRefusal { return RESP.error("ERR not now") }
            return RESP.error("READONLY You can't write against a read only replica.")
        }
    }

    private struct Exchange {
        let commands: [RedisCommand]
        /// One answer to each command of the batch that it stands for.
        let spell: ([RedisReply]) -> [[UInt8]]
        var isTransaction = false
    }

    private func one(_ commands: RedisCommand..., spell: @escaping ([RedisReply]) -> [UInt8]) -> Exchange {
        Exchange(commands: commands) { [spell($0)] }
    }

    // MARK: Single commands

    private func exchange(_ command: [[UInt8]], with address: Int) -> Exchange {
        let words = command.texts
        switch words[0] {
        case "UNWATCH": return one(.unwatch) { _ in RESP.ok }
        case "WATCH": return one(.watch(stream(words[1]))) { _ in RESP.ok }
        case "XINFO" where words[1] == "GROUPS":
            return one(.groups(stream(words[2])), .info(stream(words[2]))) { replies in
                guard case .groups(let groups) = replies[0], case .info(_?) = replies[1] else { return RESP.noSuchKey }
                return RESP.array(
                    groups.enumerated().compactMap { index, group in group.map { Self.spell(index, $0) } }
                )
            }
        case "XINFO":
            return one(.info(stream(words[2]))) { [unowned self, contents = simulation.contents] replies in
                guard case .info(let found) = replies[0], let info = kept(found, of: stream(words[2]), at: address)
                else { return RESP.noSuchKey }
                return Self.spell(info, contents)
            }
        case "XPENDING" where words.count == 3:
            let group = Self.group(words[2])
            return one(.groups(stream(words[1]))) { replies in
                guard case .groups(let groups) = replies[0], let group = groups[group] else { return RESP.noGroup }
                let lowest = group.lowestPending.map { RESP.text($0.description) }
                return RESP.array([
                    RESP.integer(lowest == nil ? 0 : 1), lowest ?? RESP.null, lowest ?? RESP.null, RESP.null,
                ])
            }
        case "XPENDING":
            return one(
                .pending(
                    stream(words[1]),
                    Self.group(words[2]),
                    upTo: EntryID(words[4]) ?? .zero,
                    count: Int(words[5]) ?? 0
                )
            ) { replies in
                guard case .ids(let ids) = replies[0] else { return RESP.noGroup }
                return RESP.array(
                    ids.map {
                        RESP.array([RESP.text($0.description), RESP.text("c"), RESP.integer(0), RESP.integer(1)])
                    }
                )
            }
        case "XRANGE":
            let after = Self.bound(words[2])
            let isOverlooked = isOverlooked(stream(words[1]))
            return one(
                .range(stream(words[1]), after: after, count: isOverlooked ? 0 : Int(words[5]) ?? 0),
                spell: spellEntries
            )
        case "XREVRANGE":
            return one(.newest(stream(words[1]), notAfter: Int64(words[2]) ?? 0), spell: spellEntries)
        case "XTRIM": return one(trim(words)) { Self.spell($0[0]) }
        case "XGROUP": return group(words)
        case "XACK":
            let ids = words.dropFirst(3).compactMap { EntryID($0) }
            return one(.acknowledge(stream(words[1]), Self.group(words[2]), ids)) { Self.spell($0[0]) }
        case "XREADGROUP": return read(words)
        default: preconditionFailure("the simulated Redis does not know \(words[0])")
        }
    }

    private func group(_ words: [String]) -> Exchange {
        let (stream, group, id) = (stream(words[2]), Self.group(words[3]), EntryID(words[4]))
        if words[1] == "CREATE" { return one(.createGroup(stream, group, id)) { Self.spell($0[0]) } }
        return one(.info(stream), .setGroup(stream, group, id ?? .zero)) { replies in
            guard case .info(_?) = replies[0] else { return RESP.missingStream }
            return Self.spell(replies[1])
        }
    }

    private func read(_ words: [String]) -> Exchange {
        let first = (words.firstIndex(of: "STREAMS") ?? 0) + 1
        let keys = Array(words[first..<first + (words.count - first) / 2])
        let count = words.firstIndex(of: "COUNT").flatMap { Int(words[$0 + 1]) } ?? 0
        let block = words.firstIndex(of: "BLOCK").flatMap { Int64(words[$0 + 1]) } ?? 0
        if keys.count == 1, isOverlooked(stream(keys[0])), heard.remove(stream(keys[0])) == nil {
            return one(.info(stream(keys[0]))) { _ in RESP.nullArray }
        }
        return one(
            .readGroup(
                Self.group(words[2]),
                consumer: Int(words[3].dropFirst()) ?? 0,
                streams: keys.map(stream),
                count: count,
                block: block * 1000
            )
        ) { [contents = simulation.contents] replies in
            guard case .delivered(let delivered) = replies[0] else { return Self.spell(replies[0]) }
            if delivered.isEmpty { return RESP.nullArray }
            return RESP.array(
                delivered.map { run in
                    RESP.array([
                        RESP.text("t:\(run.stream)"), RESP.array(run.entries.map { Self.spell($0, contents) }),
                    ])
                }
            )
        }
    }

    private func trim(_ words: [String]) -> RedisCommand {
        let below = EntryID(words[4]) ?? .zero
        if words[3] == "=" { return .trim(stream(words[1]), below: below) }
        return .trimNodes(stream(words[1]), below: below, isLimited: !words.contains("LIMIT"))
    }

    /// The id after which a range begins: of `(ID` the id, of `ID` the one before it.
    private static func bound(_ text: String) -> EntryID {
        if text.hasPrefix("(") { return EntryID(String(text.dropFirst())) ?? .zero }
        let id = EntryID(text) ?? .zero
        return EntryID(milliseconds: id.milliseconds, position: id.position - 1)
    }

    // MARK: Transactions

    private func transaction(_ commands: [[[UInt8]]]) -> Exchange {
        let typed = commands.map { command -> RedisCommand in
            let words = command.texts
            return switch words[0] {
            case "XADD":
                .add(
                    stream(words[1]),
                    EntryID(words[2]),
                    event: simulation.contents.event(of: Array(command.dropFirst(3)))
                )
            case "DEL": .drop(stream(words[1]))
            case "XSETID": .setID(stream(words[1]), EntryID(words[2]) ?? .zero)
            case "XTRIM": trim(words)
            case "SPUBLISH": .ring(stream(words[1]))
            default: preconditionFailure("the simulated Redis knows no \(words[0]) within MULTI")
            }
        }
        let spell = { [unowned self] (replies: [RedisReply]) -> [[UInt8]] in
            switch replies[0] {
            case .exec(let results):
                keep(typed)
                return [RESP.ok] + typed.map { _ in RESP.queued } + [RESP.array(results.map(Self.spell))]
            case .null: return [RESP.ok] + typed.map { _ in RESP.queued } + [RESP.nullArray]
            case .refused(let refusal) where refusal != .outOfMemory:
                if refusal.isOfNode, simulation.sabotage == .abortTakenAsAppended {
                    return [RESP.ok] + typed.map { _ in RESP.queued } + [RESP.array(typed.map { _ in RESP.ok })]
                }
                let error = self.spell(refusal, typed.first?.stream)
                if refusal == .readOnly { refusals += 1 }
                return [RESP.ok] + typed.map { _ in error } + [RESP.aborted]
            default:
                refusals += 1
                return [RESP.ok] + typed.map { _ in RESP.outOfMemory } + [RESP.aborted]
            }
        }
        return Exchange(commands: [.exec(typed)], spell: spell, isTransaction: true)
    }

    // MARK: Sabotages

    private func isOverlooked(_ stream: Int) -> Bool {
        role == .worker && simulation.isOverlooked(simulation.partitions[stream])
    }

    /// What the stream is taken to be.
    private func kept(_ info: StreamInfo?, of stream: Int, at address: Int) -> StreamInfo? {
        guard simulation.sabotage == .tailKeptOverMovedSlot, role == .relay, simulation.nodes.isCluster else {
            return info
        }
        if let kept = keptInfos[stream], kept.address != address { return kept.info }
        keptInfos[stream] = (address, info)
        return info
    }

    private func keep(_ commands: [RedisCommand]) {
        guard simulation.sabotage == .tailKeptOverMovedSlot else { return }
        for case .add(let stream, let id?, let event) in commands {
            guard let kept = keptInfos[stream], let info = kept.info else { continue }
            keptInfos[stream]?.info = StreamInfo(
                last: id,
                length: info.length + 1,
                first: info.first,
                lastEntry: Entry(id: id, event: event)
            )
        }
    }

    // MARK: Names

    private func stream(_ key: String) -> Int { Int(key.dropFirst(2)) ?? 0 }

    static func groupName(_ index: Int) -> GroupName { GroupName(rawValue: "g\(index)") }

    private static func group(_ name: String) -> Int { Int(name.dropFirst()) ?? 0 }

    // MARK: Spelling answers

    private static func spell(_ reply: RedisReply) -> [UInt8] {
        switch reply {
        case .ok: RESP.ok
        case .integer(let number): RESP.integer(number)
        case .id(let id): RESP.text(id.description)
        case .refused(.outOfMemory): RESP.outOfMemory
        case .refused(.noGroup): RESP.noGroup
        case .refused(.busyGroup): RESP.error("BUSYGROUP Consumer Group name already exists")
        case .refused(.unblocked): RESP.error("UNBLOCKED the stream key no longer exists")
        case .refused(.smallerID):
            RESP.error("ERR The ID specified in XADD is equal or smaller than the target stream top item")
        case .refused(.noSuchKey): RESP.noSuchKey
        case .null, .entries, .delivered, .ids, .info, .groups, .exec: RESP.null
        case .refused(.readOnly), .refused(.moved), .refused(.ask), .refused(.away): RESP.null
        }
    }

    private static func spell(_ index: Int, _ group: GroupInfo) -> [UInt8] {
        RESP.array([
            RESP.text("name"), RESP.text(groupName(index).rawValue),
            RESP.text("last-delivered-id"), RESP.text(group.lastDelivered.description),
        ])
    }

    private static func spell(_ info: StreamInfo, _ contents: EventContents) -> [UInt8] {
        RESP.array([
            RESP.text("length"), RESP.integer(info.length),
            RESP.text("last-generated-id"), RESP.text(info.last.description),
            // Its fields are not looked at.
            RESP.text("first-entry"),
            info.first.map { RESP.array([RESP.text($0.description), RESP.array([])]) } ?? RESP.null,
            RESP.text("last-entry"), info.lastEntry.map { spell($0, contents) } ?? RESP.null,
        ])
    }

    private static func spell(_ entry: Entry, _ contents: EventContents) -> [UInt8] {
        RESP.array([RESP.text(entry.id.description), RESP.array(contents.fields(of: entry.event).map(RESP.bytes))])
    }

    private var spellEntries: ([RedisReply]) -> [UInt8] {
        { [contents = simulation.contents] replies in
            guard case .entries(let entries) = replies[0] else { return Self.spell(replies[0]) }
            return RESP.array(entries.map { Self.spell($0, contents) })
        }
    }
}

extension RedisReply {
    /// Why this server is not the one.
    fileprivate var wrongServer: RedisRefusal? { isReadOnly ? .readOnly : nodeRefusal }
}

/// The bytes of Redis' protocol, version 2.
enum RESP {
    static let ok = Array("+OK\r\n".utf8)
    static let queued = Array("+QUEUED\r\n".utf8)
    static let null = Array("$-1\r\n".utf8)
    static let nullArray = Array("*-1\r\n".utf8)
    static let noSuchKey = error("ERR no such key")
    static let noGroup = error("NOGROUP No such key or consumer group")
    static let missingStream = error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option"
    )
    static let outOfMemory = error("OOM command not allowed when used memory > 'maxmemory'.")
    static let aborted = error("EXECABORT Transaction discarded because of previous errors.")

    static func error(_ text: String) -> [UInt8] { Array("-\(text)\r\n".utf8) }
    static func integer(_ number: Int) -> [UInt8] { Array(":\(number)\r\n".utf8) }
    static func text(_ text: String) -> [UInt8] { bytes(Array(text.utf8)) }
    static func bytes(_ bytes: [UInt8]) -> [UInt8] { Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8) }
    static func array(_ elements: [[UInt8]]) -> [UInt8] {
        Array("*\(elements.count)\r\n".utf8) + elements.flatMap { $0 }
    }
}
