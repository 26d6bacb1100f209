import PerchProtocol

extension Simulation {
    /// While only Redis holds what the producer's Postgres lost, Redis is left alone: losing both is beyond any mending.
    func strikeRedis(_ fault: Fault, _ actor: Int) {
        if isAdoptionDue { return }
        let stream = random.below(scenario.partitions)
        let group = random.below(scenario.groups)
        let entries = nodes.stream(stream)?.entries ?? []
        let last = nodes.stream(stream)?.last ?? .zero
        let node = nodes.owners[stream]
        nodes.all[node].milliseconds = milliseconds
        let foreign = -1 - random.below(1000)
        switch fault {
        case .failover:
            failOver(node)
        case .redisRestart: restart(.redis(nodes.all[node].address))
        case .outOfMemory:
            nodes.all[node].isFull = true
            memoryEnds = now + Int64(random.between(10_000, 1_500_000))
        case .flushAll: byHand(.flushAll, at: node)
        case .dropStream: byHand(.drop(stream))
        case .destroyGroup: byHand(.destroyGroup(stream, group))
        case .deleteEntry: if let entry = random.pick(entries) { byHand(.delete(stream, [entry.id])) }
        case .foreignEntry: byHand(.add(stream, nil, event: foreign))
        case .foreignFuture:
            byHand(.add(stream, EntryID(milliseconds: 99_999_999_999_999, position: 1), event: foreign))
            if random.chance(perMille: 300) {
                byHand(.delete(stream, [EntryID(milliseconds: 99_999_999_999_999, position: 1)]))
            }
        case .foreignNext:
            let id = EntryID(milliseconds: max(milliseconds, last.milliseconds), position: last.position + 1)
            byHand(.add(stream, id, event: foreign))
        case .nodeAway, .cutOff, .nodeFailover, .slotMoves, .migrating, .staleMap, .demotedStays, .ringLost:
            let stream = streamAtHand ?? stream
            strikeNode(fault, nodes.owners[stream], stream, actor)
        case .forgedFuture:
            // The relay does not adopt it, though the clock jump ahead by two minutes.
            let ahead = EntryID.Ahead.relay + 130_000 + Int64(random.below(2)) * 1_000_000_000
            let id = EntryID(milliseconds: max(milliseconds, last.milliseconds) + ahead, position: last.position + 1)
            byHand(.add(stream, id, event: Entry.forged + foreign))
        case .claimByHand: byHand(.claim(stream, group, consumer: 0, entries.map(\.id)))
        case .acknowledgeByHand: byHand(.acknowledge(stream, group, entries.map(\.id)))
        case .setGroupByHand:
            let target = random.chance(perMille: 400) ? last : random.pick(entries)?.id ?? .zero
            byHand(.setGroup(stream, group, target))
        case .setStreamByHand:
            byHand(
                .setID(
                    stream,
                    EntryID(milliseconds: last.milliseconds + Int64(random.below(3)), position: last.position + 1)
                )
            )
        case .trimByHand: if let entry = random.pick(entries) { byHand(.trim(stream, below: entry.id)) }
        default: preconditionFailure("\(fault) is not a fault of Redis")
        }
        touchAll()
    }

    func byHand(_ command: RedisCommand) { byHand(command, at: command.stream.map { nodes.owners[$0] } ?? 0) }

    private func byHand(_ command: RedisCommand, at node: Int) {
        guard nodes.all[node].isUp else { return }
        trace("by hand: \(command)")
        let operatorConnection = nodes.all[node].connect(link: -1)
        _ = nodes.all[node].execute(command, operatorConnection)
        nodes.all[node].close(operatorConnection)
        serveBlocked(node)
    }

    /// The producer's Postgres goes back to an older state. Only while all that was given is in sound streams, so that
    /// nothing is lost in both places, and nobody carries what Postgres no longer knows.
    func setProducerBack() {
        let older = snapshots[0]
        let data = databases[0].data
        guard nodes.all.allSatisfy({ $0.serves && !$0.isFull }), nodes.arriving.isEmpty, databases[0].isUp,
            !isAdoptionDue
        else { return }
        for partition in partitions.indices {
            guard let stream = nodes.stream(partition) else {
                guard data.given[partition] == .zero else { return }
                continue
            }
            let first = stream.entries.first?.id.position ?? stream.last.position + 1
            guard stream.last == data.given[partition], stream.entries.allSatisfy(\.isOurs),
                stream.entries.count == Int(stream.last.position - first + 1),
                first <= older.given[partition].position + 1,
                // Nor did retention drop from the log what the older state still has to copy.
                older.trimmed[partition] == data.trimmed[partition]
            else { return }
        }
        restart(.postgres(0))
        databases[0].data = older
        isAdoptionDue = true
        trace("the producer's Postgres went back")
    }

    func takeSnapshots() {
        if !isFaulty { return }
        if !isAdoptionDue {
            for node in nodes.all.indices where random.chance(perMille: 600) && nodes.all[node].serves {
                nodes.all[node].replica = nodes.all[node].streams
            }
            if random.chance(perMille: 600) { snapshots[0] = databases[0].data }
        }
        if random.chance(perMille: 600) { snapshots[Self.consumers] = databases[Self.consumers].data }
        queue.schedule(.snapshot, at: now + Int64(random.between(20_000, 1_000_000)))
    }
}
