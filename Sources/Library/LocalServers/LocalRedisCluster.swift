/// A private Redis Cluster: masters that share the slots evenly, and replicas of them.
///
/// For tests. All servers are on 127.0.0.1, on free ports, each with a second one for the cluster's bus; they end when this object is
/// released, and when this process ends, however that happens. All calls block and may be made from any thread.
public final class LocalRedisCluster: Sendable {
    /// The masters at the start, then their replicas: that of `nodes[0]` first.
    public let nodes: [LocalRedis]
    /// How many masters there were at the start.
    public let masters: Int

    private let password: String?
    private let tls: LocalTLS?

    /// Starts all of them, and returns when each one knows all others, every slot has a master, and the replicas are in step. That takes
    /// some seconds.
    /// - Parameters:
    ///   - masters: At least 3, or no failover can be agreed upon.
    ///   - replicas: How many each master has.
    ///   - nodeTimeout: How many milliseconds a node has to be silent to be taken for gone.
    ///   - password: What `AUTH` expects of all.
    ///   - tls: Default: no TLS. Else all have a port for it, speak it among themselves, and name these ports to those who ask through it.
    ///   - settings: More lines of `redis.conf`.
    /// - Throws: `LocalServerError` when one cannot be started, or they do not come together.
    public init(
        masters: Int = 3,
        replicas: Int = 1,
        nodeTimeout: Int = 2000,
        password: String? = nil,
        tls: LocalTLS? = nil,
        settings: [String: String] = [:]
    ) throws(LocalServerError) {
        (self.masters, self.password, self.tls) = (masters, password, tls)
        var lines = [
            "cluster-enabled": "yes", "cluster-node-timeout": String(nodeTimeout),
            // A shard that is away stops its own slots only.
            "cluster-require-full-coverage": "no",
            // Else a replica's first copy waits for others.
            "repl-diskless-sync-delay": "0",
        ]
        if let password { lines["masterauth"] = configurationValue(password) }
        if tls != nil { (lines["tls-cluster"], lines["tls-replication"]) = ("yes", "yes") }
        lines.merge(settings) { $1 }

        var nodes: [LocalRedis] = []
        var buses: [Int] = []
        for _ in 0..<masters * (1 + replicas) {
            let (node, bus) = try Self.start(password: password, tls: tls, settings: lines, unlike: buses)
            nodes.append(node)
            buses.append(bus)
        }
        self.nodes = nodes
        try join(buses)
        try shareSlots()
        try replicate()
    }

    /// `redis+cluster://[:password@]H1,H2,H3[?…]`, with all that a client needs: `rediss+cluster://` where there is TLS.
    public var url: String { url(of: nodes) }

    /// The same, with these nodes alone.
    public func url(of nodes: [LocalRedis]) -> String {
        let credentials = password.map { ":\(percentEncoded($0))@" } ?? ""
        let places = nodes.map(address).joined(separator: ",")
        guard let tls else { return "redis+cluster://\(credentials)\(places)" }
        return "rediss+cluster://\(credentials)\(places)?cacert=\(percentEncoded(tls.authority.certificate))"
    }

    /// `127.0.0.1:PORT`, as the cluster names the node to its clients.
    public func address(of node: LocalRedis) -> String { "127.0.0.1:\(node.tlsPort ?? node.port)" }

    // MARK: Who has what

    /// The slot of a key.
    /// - Throws: `LocalServerError` where no node answers.
    public func slot(of key: String) throws(LocalServerError) -> Int {
        Int(try anyNode().cli("CLUSTER", "KEYSLOT", key)) ?? 0
    }

    /// Who has the slot, as most of the nodes that run say by now; nil: nobody. Not to be called while one is frozen.
    /// - Throws: `LocalServerError`.
    public func master(ofSlot slot: Int) throws(LocalServerError) -> LocalRedis? {
        var votes: [String: Int] = [:]
        for node in nodes where node.isRunning {
            for line in try node.cli("CLUSTER", "NODES").split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count > 8, !fields[2].contains("fail"), fields[8...].contains(where: { $0.has(slot) })
                else { continue }
                votes[String(fields[0]), default: 0] += 1
            }
        }
        guard let owner = votes.max(by: { $0.value < $1.value })?.key else { return nil }
        for node in nodes where node.isRunning {
            if try id(of: node) == owner { return node }
        }
        return nil
    }

    /// Who has the key's slot.
    public func master(of key: String) throws(LocalServerError) -> LocalRedis? { try master(ofSlot: slot(of: key)) }

    /// The replicas that a master has by now.
    /// - Throws: `LocalServerError`.
    public func replicas(of master: LocalRedis) throws(LocalServerError) -> [LocalRedis] {
        let id = try id(of: master)
        var found: [LocalRedis] = []
        for node in nodes where node !== master && node.isRunning {
            let line = try node.cli("CLUSTER", "NODES").split(separator: "\n").first { $0.contains("myself") }
            if let line, line.contains("slave \(id)") { found.append(node) }
        }
        return found
    }

    // MARK: Changes

    /// Hands a slot with its keys over to another master, as resharding does.
    /// - Throws: `LocalServerError` where a step is refused; the slot is then half moved.
    public func move(slot: Int, to target: LocalRedis) throws(LocalServerError) {
        guard let source = try master(ofSlot: slot), source !== target else { return }
        try beginMove(of: slot, from: source, to: target)
        try moveKeys(of: slot, from: source, to: target)
        try endMove(of: slot, to: target)
    }

    /// The first step of it: keys that are not there yet, or not any more, are the target's from here.
    public func beginMove(
        of slot: Int,
        from source: LocalRedis,
        to target: LocalRedis
    ) throws(LocalServerError) {
        try say(target, "CLUSTER", "SETSLOT", String(slot), "IMPORTING", try id(of: source))
        try say(source, "CLUSTER", "SETSLOT", String(slot), "MIGRATING", try id(of: target))
    }

    /// The second: its keys go over.
    public func moveKeys(
        of slot: Int,
        from source: LocalRedis,
        to target: LocalRedis
    ) throws(LocalServerError) {
        while true {
            let keys = try source.cli("CLUSTER", "GETKEYSINSLOT", String(slot), "100").split(separator: "\n").map(
                String.init
            )
            guard !keys.isEmpty else { return }
            var command = ["MIGRATE", "127.0.0.1", String(target.port), "", "0", "60000"]
            if let password { command += ["AUTH", password] }
            let answer = try source.cli(command + ["KEYS"] + keys)
            guard answer == "OK" || answer == "NOKEY" else { throw Self.refused(command, answer) }
        }
    }

    /// The last: from here the target has the slot, and all are told.
    public func endMove(of slot: Int, to target: LocalRedis) throws(LocalServerError) {
        let id = try id(of: target)
        try say(target, "CLUSTER", "SETSLOT", String(slot), "NODE", id)
        for node in nodes where node !== target && node.isRunning {
            // A replica refuses, and learns it of its master.
            _ = try node.cli("CLUSTER", "SETSLOT", String(slot), "NODE", id)
        }
    }

    /// Has a replica take over from its master, which is there and agrees; returns when it has.
    /// - Throws: `LocalServerError` where it does not come to that.
    public func failOver(to replica: LocalRedis) throws(LocalServerError) {
        try LocalProcess.wait("The replica did not take over") { () throws(LocalServerError) in
            if try replica.cli("ROLE").hasPrefix("master") { return true }
            // It refuses while it has no link with its master.
            _ = try replica.cli("CLUSTER", "FAILOVER")
            return false
        }
    }

    // MARK: Coming together

    private static func start(
        password: String?,
        tls: LocalTLS?,
        settings: [String: String],
        unlike buses: [Int]
    ) throws(LocalServerError) -> (LocalRedis, Int) {
        var attempts = 5
        while true {
            let bus = try freePort()
            if buses.contains(bus) { continue }
            var settings = settings
            settings["cluster-port"] = String(bus)
            let node = try LocalRedis(password: password, tls: tls, settings: settings)
            do throws(LocalServerError) {
                try node.start()
                return (node, bus)
            } catch {
                attempts -= 1
                guard attempts > 0, "\(error)".contains("Address already in use") else { throw error }
            }
        }
    }

    private func join(_ buses: [Int]) throws(LocalServerError) {
        for (index, node) in nodes.enumerated() {
            if index < masters { try say(node, "CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)) }
            guard index > 0 else { continue }
            let port = String(node.tlsPort ?? node.port)
            try say(nodes[0], "CLUSTER", "MEET", "127.0.0.1", port, String(buses[index]))
        }
        for node in nodes {
            try LocalProcess.wait("The nodes do not know one another") { [nodes] () throws(LocalServerError) in
                let lines = try node.cli("CLUSTER", "NODES").split(separator: "\n")
                return lines.count == nodes.count
                    && lines.allSatisfy {
                        !$0.contains("handshake") && ($0.contains("myself") || $0.contains(" connected"))
                    }
            }
        }
    }

    private func shareSlots() throws(LocalServerError) {
        for index in 0..<masters {
            let (first, end) = (16_384 * index / masters, 16_384 * (index + 1) / masters)
            try say(nodes[index], "CLUSTER", "ADDSLOTSRANGE", String(first), String(end - 1))
        }
        for node in nodes {
            try LocalProcess.wait("The slots are not all known") { () throws(LocalServerError) in
                let info = try node.cli("CLUSTER", "INFO")
                return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            }
        }
    }

    private func replicate() throws(LocalServerError) {
        for index in masters..<nodes.count {
            try say(nodes[index], "CLUSTER", "REPLICATE", try id(of: nodes[(index - masters) % masters]))
        }
        for node in nodes[masters...] {
            try LocalProcess.wait("A replica is not in step") { () throws(LocalServerError) in
                try node.cli("INFO", "replication").contains("master_link_status:up")
            }
        }
        for node in nodes {
            try LocalProcess.wait("The replicas are not known to all") { [nodes, masters] () throws(LocalServerError) in
                try node.cli("CLUSTER", "NODES").split(separator: "\n").count { $0.contains("slave") }
                    == nodes.count - masters
            }
        }
    }

    private func id(of node: LocalRedis) throws(LocalServerError) -> String { try node.cli("CLUSTER", "MYID") }

    private func anyNode() throws(LocalServerError) -> LocalRedis {
        guard let node = nodes.first(where: \.isRunning) else {
            throw LocalServerError(.startFailed, "No node of the cluster runs.")
        }
        return node
    }

    private func say(_ node: LocalRedis, _ command: String...) throws(LocalServerError) {
        let answer = try node.cli(command)
        guard answer == "OK" else { throw Self.refused(command, answer) }
    }

    private static func refused(_ command: [String], _ answer: String) -> LocalServerError {
        LocalServerError(.startFailed, "\(command.prefix(3).joined(separator: " ")) was refused: \(answer)")
    }
}

extension Substring {
    /// Whether it is the slot, or a range of slots with it, as CLUSTER NODES writes them: `12`, `0-5460`.
    fileprivate func has(_ slot: Int) -> Bool {
        let ends = split(separator: "-").map { Int($0) }
        guard !hasPrefix("["), let first = ends.first ?? nil, let last = ends.last ?? nil else { return false }
        return first <= slot && slot <= last
    }
}
