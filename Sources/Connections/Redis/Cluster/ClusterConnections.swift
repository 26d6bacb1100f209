import Executors

/// The connections to the nodes of a cluster: one to each master that is needed, made when it is needed.
///
/// No redirection is followed. A command goes once, to the node that has its slot as far as known; who sent it says by `note` what
/// came of it, and that corrects the map. Not `Sendable`: it belongs to one thread, and blocks it.
package final class ClusterConnections {
    /// The whole map is asked for at most so often.
    private static let refreshEvery = Duration.seconds(1)
    private let configuration: RedisConfiguration
    private let mapAge: Duration
    /// When the map is asked for, though nobody says that it is old: slots may have moved that were not spoken of.
    private var isMapOldAt: ContinuousClock.Instant
    private let seeds: [ClusterNode]
    private let prepare: (RedisConnection) throws -> Void
    /// Who has which slots, as far as known.
    package private(set) var map = SlotMap()
    private var connections: [ClusterNode: RedisConnection] = [:]
    /// Shared by all that are made by the same configuration.
    private let memory: ClusterMemory
    /// Those that `prepare` found unfit: another caller may take them.
    private var unfit = NodeFailures()
    private var refreshedAt: ContinuousClock.Instant?
    private var isMapDoubtful = false
    /// What they said, or that they said nothing, put the map in doubt: their own may be as old.
    private var suspects: Set<ClusterNode> = []
    /// When the map was asked for last, no node gave it.
    package private(set) var isCutOff = false
    /// How often a node was asked for the whole map.
    package private(set) var refreshes = 0

    /// Asks one of the URL's nodes for the map, in the order of the URL; where none of them gives it, those that were masters when
    /// a copy of this configuration learned that last.
    ///
    /// - Parameters:
    ///   - mapAge: After how long the map is asked for anew, a quarter more or less, so that not all ask at once. Default 30 s.
    ///   - prepare: Called with each new connection; what it throws is that node's failure.
    /// - Throws: `.connectionFailed` where none of them gives a map; `.configuration` where the URL is not a cluster's.
    package init(
        _ configuration: RedisConfiguration,
        mapAge: Duration = .seconds(30),
        prepare: @escaping (RedisConnection) throws -> Void = { _ in }
    ) throws(RedisError) {
        guard case .cluster(let places) = configuration.server else {
            throw RedisError(.configuration, "\(configuration) is not the URL of a cluster (redis+cluster://)")
        }
        self.configuration = configuration
        self.mapAge = mapAge
        isMapOldAt = .now
        self.prepare = prepare
        memory = configuration.clusterMemory
        seeds = places.compactMap { ClusterNode($0) }
        try refresh()
    }

    /// The node that has the slot. Where the map is in doubt, or old, it is asked for anew first, if that was not done just now.
    ///
    /// - Throws: `.redirected` with the prefix CLUSTERDOWN where no node has it.
    package func node(of slot: HashSlot) throws(RedisError) -> ClusterNode {
        if isMapDoubtful || map[slot] == nil || isMapOldAt <= .now { refreshIfDue() }
        if let node = map[slot] { return node }
        throw RedisError(.redirected, "no node of \(configuration) has slot \(slot)", prefix: .clusterDown)
    }

    /// The node's connection.
    ///
    /// - Throws: Why there is none: just found, or found so recently that it is not tried again yet.
    package func connection(to node: ClusterNode) throws -> RedisConnection {
        if let connection = connections[node] {
            if !connection.isDead { return connection }
            connections[node] = nil
        }
        let made = try connect(to: node)
        connections[node] = made
        return made
    }

    /// A connection of its own to the node, for who needs a second one.
    package func connect(to node: ClusterNode) throws -> RedisConnection {
        if let error = restingError(of: node) { throw error }
        let began = ContinuousClock.now
        let made: RedisConnection
        do {
            made = try RedisConnection(configuration.of(node))
        } catch {
            rest(node, after: error, since: began)
            suspect(node)
            throw error
        }
        memory.change { $0.failures.forget(node) }
        do {
            try prepare(made)
        } catch {
            unfit.note(error, of: node, after: began.duration(to: .now))
            suspect(node)
            throw error
        }
        return made
    }

    private func restingError(of node: ClusterNode) -> (any Error)? {
        unfit.restingError(of: node) ?? memory.known.failures.restingError(of: node)
    }

    private func rest(_ node: ClusterNode, after error: RedisError, since began: ContinuousClock.Instant) {
        memory.change { $0.failures.note(error, of: node, after: began.duration(to: .now)) }
    }

    /// The nodes whose connections stand.
    package var standing: [ClusterNode] { connections.filter { !$0.value.isDead }.map(\.key) }

    /// The node's connection, if it stands: none is made.
    package func standing(of node: ClusterNode) -> RedisConnection? {
        connections[node].flatMap { $0.isDead ? nil : $0 }
    }

    /// What came of a command: a slot that has moved is corrected at once; where a node is away, its connection is dropped, and the
    /// map is asked for anew before the next command.
    ///
    /// - Returns: What it means for the cluster; nil: the node answered, and it is about the command.
    @discardableResult
    package func note(_ error: RedisError, from node: ClusterNode) -> ClusterTrouble? {
        let trouble = error.clusterTrouble
        switch trouble {
        case .moved?:
            if let (slot, owner) = error.movedTo(from: node) { map.give(slot...slot, to: owner) }
            suspect(node)
        case .down?: suspect(node)
        case .migrating?, nil: break
        }
        if error.isConnectionDead { connections[node] = nil }
        return trouble
    }

    /// A slot has left this node, as it says without having been asked.
    func doubtMap(of node: ClusterNode) { suspect(node) }

    private func suspect(_ node: ClusterNode) {
        suspects.insert(node)
        isMapDoubtful = true
    }

    /// Drops the node's connection: replies are on their way that nobody will read.
    package func drop(_ node: ClusterNode) { connections[node] = nil }

    // MARK: The map

    private func refreshIfDue() {
        if let refreshedAt, refreshedAt.duration(to: .now) < Self.refreshEvery { return }
        // What is known stays in use where nobody tells.
        do { try refresh() } catch { isCutOff = true }
    }

    /// Asks node after node until one gives the map that is in order itself. One that refuses, or is none of a cluster, is passed:
    /// another one may serve.
    private func refresh() throws(RedisError) {
        refreshes += 1
        // From here on, and not from its begin: that may have been long ago, where a node was waited for.
        defer {
            refreshedAt = .now
            isMapOldAt = .now + mapAge * Double.random(in: 0.75...1.25)
        }
        var (answers, failed) = (MapAnswers(), FailedAnswers())
        for node in candidates() {
            if answers.isSettled || answers.best != nil && restingError(of: node) != nil { break }
            let began = ContinuousClock.now
            do throws(RedisError) {
                answers.add(try ask(node))
            } catch {
                // One that is silent is not asked first the next time, and nobody waits for its connection.
                note(error, from: node)
                if error.isConnectionDead { rest(node, after: error, since: began) }
                failed.add(error, of: node)
            }
        }
        guard let best = answers.best else { throw failed.error(of: configuration) }
        map = best.map
        memory.change { $0.masters = best.map.masters }
        connections = connections.filter { map.masters.contains($0.key) }
        isCutOff = false
        isMapDoubtful = !best.isInOrder
        if best.isInOrder { suspects = [] }
    }

    /// First those whose connection stands, then the URL's, then those that were masters; in each of these the nodes in any order, or
    /// one with an old map would be believed for ever. Behind them those that put the map in doubt, and last those that have just
    /// failed.
    private func candidates() -> [ClusterNode] {
        let living = map.masters.filter { connections[$0]?.isDead == false }
        // At first the order is the URL's.
        let seeds = refreshes > 1 ? seeds.shuffled() : seeds
        let masters = map.masters + memory.known.masters
        var candidates: [ClusterNode] = []
        for node in living.shuffled() + seeds + masters.shuffled() where !candidates.contains(node) {
            candidates.append(node)
        }
        let resting = Set(candidates.filter { restingError(of: $0) != nil })
        let others = candidates.filter { !resting.contains($0) }
        return others.filter { !suspects.contains($0) } + others.filter(suspects.contains)
            + candidates.filter(resting.contains)
    }

    /// Not by the connection that it may have: replies may be on their way there.
    private func ask(_ node: ClusterNode) throws(RedisError) -> MapAnswer {
        do {
            var place = configuration.of(node)
            place.replyTimeout = min(place.connectTimeout, place.replyTimeout)
            let connection = try RedisConnection(place)
            try connection.send(RedisCommand("CLUSTER INFO"))
            try connection.send(RedisCommand("CLUSTER SLOTS"))
            var info = ""
            // Whoever has no right to ask for it takes the map of any node.
            do {
                info = try connection.receive { try $0.string() }
            } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {}
            let map = try connection.receive { try SlotMap($0, of: node) }
            guard !map.masters.isEmpty else {
                throw RedisError(.unexpectedReply, "it knows no node with slots", command: "CLUSTER SLOTS")
            }
            return MapAnswer(map, info: info)
        } catch let error as RedisError where error.message.contains("cluster support disabled") {
            // Redis gives it no prefix of its own, only these words after `ERR`.
            throw RedisError(
                .configuration,
                "\(node) is no node of a cluster (cluster_enabled:0): its URL begins with redis:// or rediss://"
            )
        } catch let error as RedisError {
            throw error
        } catch {
            throw RedisError(.unexpectedReply, "\(error)")
        }
    }
}
