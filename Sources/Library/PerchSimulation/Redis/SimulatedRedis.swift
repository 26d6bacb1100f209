import PerchProtocol

/// A Redis 7 with streams and groups, WATCH and MULTI, a memory limit and the ways it loses data. See README.md.
struct SimulatedRedis {
    struct Pending {
        let id: EntryID
        var consumer: Int
    }

    struct Group {
        var lastDelivered: EntryID
        var pending: [Pending] = []
    }

    struct Stream {
        var entries: [Entry] = []
        var last = EntryID.zero
        var groups: [Group?]
    }

    struct Connection {
        let link: Int
        var isOpen = true
        /// The server that it leads to is a replica now, of the one that has taken over.
        var isDemoted = false
        var watched: [(stream: Int, version: Int)] = []
        var blocked: Blocked?
        var serial = 0
    }

    struct Blocked {
        let group: Int
        let consumer: Int
        let streams: [Int]
        let count: Int
    }

    /// How many entries a node of a stream has: real ones have a hundred.
    static let nodeSize = 2

    var streams: [Stream?]
    /// What a replica has of them: it lags.
    var replica: [Stream?]
    let groupCount: Int
    /// Where it is reached, where it is a node of a cluster: see `SimulatedNodes`.
    var address = 0
    /// Of each stream, where this node of a cluster takes it to be; nil: it is the only server.
    var places: [Place]?
    /// Whether the stream has ever become shorter at its end.
    var hasShrunk: [Bool]
    /// Streams that were rung for: drained by the simulation.
    var rings: [Int] = []
    var connections: [Connection] = []
    var isFull = false
    var isUp = true
    /// It does not answer, and nobody hears that it does not.
    var isSilent = false
    var serves: Bool { isUp && !isSilent }
    /// Of the clock that `XADD *` reads.
    var milliseconds: Int64 = 0
    /// Replies to connections that were blocked: drained by the simulation after every command.
    var unblocked: [(connection: Int, reply: RedisReply)] = []
    private var versions: [Int]
    var touched: [Int] = []

    init(streams: Int, groups: Int) {
        self.streams = Array(repeating: nil, count: streams)
        self.replica = self.streams
        self.hasShrunk = Array(repeating: false, count: streams)
        self.versions = Array(repeating: 0, count: streams)
        self.groupCount = groups
    }

    // MARK: Connections

    mutating func connect(link: Int) -> Int {
        connections.append(Connection(link: link))
        return connections.count - 1
    }

    mutating func close(_ connection: Int) {
        connections[connection].isOpen = false
        connections[connection].blocked = nil
        connections[connection].watched = []
    }

    mutating func breakAll() {
        for index in connections.indices { close(index) }
    }

    // MARK: Losing data

    /// A failover to a replica that was behind, or a restart from older data.
    mutating func goBack(to older: [Stream?]) {
        streams = older
        for index in versions.indices {
            versions[index] += 1
            hasShrunk[index] = true
        }
    }

    // MARK: Keys under WATCH

    mutating func modify(_ stream: Int) {
        versions[stream] += 1
        touched.append(stream)
    }

    mutating func watch(_ stream: Int, _ connection: Int) {
        connections[connection].watched.append((stream, versions[stream]))
    }

    func isUnchanged(_ connection: Int) -> Bool {
        connections[connection].watched.allSatisfy { versions[$0.stream] == $0.version }
    }

    // MARK: Blocked readers

    mutating func block(_ connection: Int, _ blocked: Blocked) -> Int {
        connections[connection].blocked = blocked
        connections[connection].serial += 1
        return connections[connection].serial
    }

    mutating func endBlock(_ connection: Int, serial: Int) -> Bool {
        guard connections[connection].serial == serial, connections[connection].blocked != nil else { return false }
        connections[connection].blocked = nil
        return true
    }

    /// After each command, blocked readers of what it touched get entries, or hear that key or group is gone.
    mutating func serveBlocked() {
        guard !touched.isEmpty else { return }
        let changed = touched
        touched = []
        for index in connections.indices {
            guard let blocked = connections[index].blocked else { continue }
            for stream in blocked.streams where changed.contains(stream) {
                guard let answer = answer(to: blocked, at: stream) else { continue }
                connections[index].blocked = nil
                unblocked.append((index, answer))
                break
            }
        }
    }

    private mutating func answer(to blocked: Blocked, at stream: Int) -> RedisReply? {
        if streams[stream] == nil { return .refused(.unblocked) }
        if streams[stream]?.groups[blocked.group] == nil { return .refused(.noGroup) }
        return deliver(stream, blocked).map { .delivered([$0]) }
    }
}
