import Perch
import Redis

/// What Redis tells of a group's partitions.
struct StatusStreams {
    let connection: any RedisChannel
    let naming: StreamNaming
    let group: GroupName

    /// Fills in the streams' ends, and what follows from them and the checkpoints.
    ///
    /// - Parameter now: The time by the clock that gives entry ids theirs; nil: ages are not known.
    func readEnds(of partitions: inout [GroupStatus.PartitionStatus], now: Int64?) throws {
        for status in partitions {
            try connection.send(RedisCommand("XINFO", "STREAM", naming.key(status.partition)))
        }
        // After the ends, so that what they say is there is found.
        for status in partitions {
            guard let checkpoint = status.checkpoint else { continue }
            let key = naming.key(status.partition)
            try connection.send(RedisCommand("XRANGE", key, "(\(checkpoint)", "+", "COUNT", "1"))
        }
        for status in partitions {
            // The summary form: it counts nothing.
            try connection.send(RedisCommand("XPENDING", naming.key(status.partition), group.rawValue))
        }
        for index in partitions.indices { partitions[index].lastEntry = try receiveLast() }
        for index in partitions.indices where partitions[index].checkpoint != nil {
            let next = try receiveFirst()
            partitions[index].nextEntry = next
            guard let last = partitions[index].lastEntry, let checkpoint = partitions[index].checkpoint,
                last >= checkpoint
            else { continue }
            partitions[index].lag = last.position - checkpoint.position
            if last == checkpoint {
                partitions[index].oldestUnprocessedAge = .zero
            } else if let now, let next {
                partitions[index].oldestUnprocessedAge = .milliseconds(max(0, now - next.milliseconds))
            }
        }
        for index in partitions.indices { partitions[index].pending = try receivePending() }
    }

    private func receivePending() throws -> Int64? {
        do {
            return try connection.receive { reply in Int64(try reply.withElement(0) { try $0.integer }) }
        } catch let error as RedisError where !error.concernsServer {
            // No group; or trouble of this stream alone, which its topic's status names.
            return nil
        }
    }

    private func receiveFirst() throws -> EntryID? {
        do {
            return try connection.receive { reply in
                guard try reply.count > 0 else { return nil }
                return EntryID(clamping: try reply.withElement(0) { try $0.withElement(0) { try $0.string() } })
            }
        } catch let error as RedisError where !error.concernsServer {
            return nil
        }
    }

    /// The stream's last generated id; nil where there is no stream.
    private func receiveLast() throws -> EntryID? {
        do {
            return try connection.receive { reply in
                EntryID(clamping: try reply.withValue(of: "last-generated-id") { try $0.string() })
            }
        } catch let error as RedisError where !error.concernsServer {
            return nil
        }
    }
}
