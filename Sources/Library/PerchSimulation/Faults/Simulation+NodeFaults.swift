import PerchProtocol

/// What goes wrong with one node of a cluster, or with where a stream is; and a master that is demoted under its connections.
extension Simulation {
    /// Another one takes over, with what it has.
    func failOver(_ node: Int) {
        loseTail(of: node)
        if nodes.isCluster { promoteReplica(of: node) }
        restart(.redis(nodes.all[node].address))
    }

    private func loseTail(of node: Int) {
        let kept = nodes.all[node].replica.enumerated().map { stream, content in
            nodes.owners[stream] == node || nodes.arriving[stream] == node ? content : nil
        }
        nodes.all[node].goBack(to: kept)
    }

    private func promoteReplica(of node: Int) {
        nodes.promoteReplica(of: node, returns: random.chance(perMille: 500))
        for stream in partitions.indices where nodes.owners[stream] == node || nodes.arriving[stream] == node {
            spread(stream)
        }
    }

    func strikeNode(_ fault: Fault, _ node: Int, _ stream: Int, _ actor: Int) {
        switch fault {
        case .demotedStays: demote(node)
        case _ where !nodes.isCluster: break
        case .nodeFailover: failOver(node)
        case .nodeAway:
            // No longer than faults go on: what is left has to drain.
            guard phase == .faults, nodes.all[node].serves else { return }
            let time = min(phaseEnds - now, Int64(random.between(3_000_000, 25_000_000)))
            if random.chance(perMille: 500) {
                nodes.all[node].isSilent = true
            } else {
                nodes.all[node].breakAll()
                nodes.all[node].isUp = false
                breakWaiting(on: .redis(nodes.all[node].address))
                ringAll(of: node)
            }
            queue.schedule(.up(.redis(nodes.all[node].address)), at: now + time)
        case .cutOff: cutOffOne(from: node)
        case .slotMoves: moveSlot(stream)
        case .migrating:
            let isShort = random.chance(perMille: 500)
            let time = isShort ? random.between(1000, 150_000) : random.between(150_000, 5_000_000)
            beginHandover(stream, until: now + Int64(time))
        case .staleMap: actors[actor].known.mistake(stream, for: random.below(nodes.nodes.count))
        case .ringLost: deafUntil[stream] = random.chance(perMille: 500) ? phaseEnds : now + .seconds(4)
        default: preconditionFailure("\(fault) is not a fault of nodes")
        }
    }

    /// One worker's process, or a relay's, where another of its kind stays awake and reaches the node.
    private func cutOffOne(from node: Int) {
        guard runsShells, phase == .faults, electsRelay else { return }
        let candidates = processes.indices.filter { process in
            if case .producer = processes[process].kind { return false }
            let alike = processes.indices.filter { processes[$0].kind == processes[process].kind }
            return alike.allSatisfy { cutOff[$0] == nil } && isDispensable(process)
        }
        guard let process = random.pick(candidates) else { return }
        trace("process \(process) does not reach node \(node)")
        cutOff[process] = node
        // Its subscriptions end when it hears nothing any more.
        for stream in partitions.indices { ring(stream, of: node, for: process) }
        touchAll()
    }

    /// Whether nothing alone keeps the process from the node at the address.
    func reaches(_ process: Int, _ address: Int) -> Bool { cutOff[process] != nodes.nodes[address] }

    /// The master becomes a replica, and keeps its connections: a planned failover, a name that leads elsewhere from now on.
    private func demote(_ node: Int) {
        guard nodes.all[node].serves else { return }
        if random.chance(perMille: 300) { loseTail(of: node) }
        nodes.all[node].demoteConnections()
        if nodes.isCluster { promoteReplica(of: node) }
        ringAll(of: node)
        serveBlocked(node)
    }

    // MARK: Slots

    private func other(than node: Int) -> Int { (node + random.between(1, nodes.all.count - 1)) % nodes.all.count }

    /// The slot is another node's from here on, which has its stream, or what it had of it, or nothing.
    private func moveSlot(_ stream: Int) {
        let from = nodes.owners[stream]
        let to = other(than: from)
        guard nodes.arriving[stream] == nil, nodes.all[from].serves, nodes.all[to].serves else { return }
        let content = nodes.all[from].handOver(stream)
        switch random.below(3) {
        case 0: nodes.all[to].takeOver(stream, content)
        case 1:
            nodes.all[to].hasShrunk[stream] = true
            nodes.all[to].takeOver(stream, content?.firstHalf)
        default:
            nodes.all[to].hasShrunk[stream] = true
            nodes.all[to].takeOver(stream, nil)
        }
        give(stream, to: to, from: from)
    }

    private func give(_ stream: Int, to node: Int, from former: Int) {
        trace("stream \(stream) goes from node \(former) to \(node)")
        nodes.owners[stream] = node
        let address = nodes.all[node].address
        nodes.all[former].places?[stream] = .moved(to: address)
        nodes.all[node].places?[stream] = .here
        ring(stream, of: former)
        spread(stream)
        touchAll()
    }

    /// The slot is handed over key by key: its key goes first, and for a while neither node does anything for it.
    ///
    /// - Parameter end: When it is done by itself; nil: its key goes now, and it is not.
    func beginHandover(_ stream: Int, until end: Int64?) {
        let from = nodes.owners[stream]
        let to = other(than: from)
        guard nodes.arriving[stream] == nil, nodes.all[from].serves, nodes.all[to].serves else { return }
        trace("stream \(stream) is handed over from node \(from) to \(to)")
        nodes.arriving[stream] = to
        let (source, target) = (nodes.all[from].address, nodes.all[to].address)
        nodes.all[from].places?[stream] = .migrating(to: target)
        nodes.all[to].places?[stream] = .importing(from: source)
        // The key goes at once, or with the slot.
        if end == nil || random.chance(perMille: 700) { nodes.carry(stream, from, to) }
        if let end { queue.schedule(.handedOver(stream: stream), at: end) }
    }

    func endHandover(_ stream: Int) {
        guard let to = nodes.arriving.removeValue(forKey: stream) else { return }
        let from = nodes.owners[stream]
        if nodes.all[from].streams[stream] != nil { nodes.carry(stream, from, to) }
        give(stream, to: to, from: from)
    }

    /// The nodes hear where a stream is, each in its time; the one that has it knows.
    private func spread(_ stream: Int) {
        for node in nodes.all.indices where node != nodes.owners[stream] {
            queue.schedule(.heard(node: node, stream: stream), at: now + Int64(random.between(1000, 300_000)))
        }
    }

    func hear(_ node: Int, _ stream: Int) {
        let owner = nodes.owners[stream]
        guard owner != node else { return }
        let address = nodes.all[owner].address
        if let target = nodes.arriving[stream] {
            if target == node { nodes.all[node].places?[stream] = .importing(from: address) }
            let other = nodes.all[target].address
            nodes.all[owner].places?[stream] = .migrating(to: other)
        }
        if nodes.arriving[stream] != node { nodes.all[node].places?[stream] = .moved(to: address) }
    }
}
