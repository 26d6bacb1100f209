/// What will happen in virtual time, ordered by moment and, within one moment, by when it was scheduled.
///
/// The heap holds small trivial keys; the payloads lie in slots of their own, so that sifting copies no enum.
struct EventQueue {
    private struct Key {
        let time: Int64
        let order: UInt64
        let slot: Int
    }

    private var heap: [Key] = []
    private var slots: [SimulatedEvent] = []
    private var free: [Int] = []
    private var order: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func schedule(_ event: SimulatedEvent, at time: Int64) {
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        order += 1
        heap.append(Key(time: time, order: order, slot: slot))
        siftUp()
    }

    mutating func next() -> (time: Int64, event: SimulatedEvent)? {
        guard let first = heap.first else { return nil }
        let event = slots[first.slot]
        slots[first.slot] = .snapshot
        free.append(first.slot)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return (first.time, event)
    }

    private static func precedes(_ left: Key, _ right: Key) -> Bool {
        left.time != right.time ? left.time < right.time : left.order < right.order
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.precedes(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, Self.precedes(heap[child + 1], heap[child]) { child += 1 }
            guard Self.precedes(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}

enum SimulatedEvent {
    // Messages
    case redisRequest(link: Int, token: Int, commands: [RedisCommand])
    case postgresRequest(link: Int, token: Int, commands: [PostgresCommand])
    case reply(link: Int, serial: Int, Reply)
    /// The client waits no longer for its reply.
    case timeout(actor: Int, token: Int)
    case timer(actor: Int, token: Int)
    /// The server notices that the client is gone.
    case close(link: Int)

    // Within the servers
    case unblock(link: Int, serial: Int)
    case flushed(database: Int, session: Int)
    case idle(database: Int, session: Int, activity: Int)
    case lockTimeout(database: Int, session: Int)
    case up(Server)

    // Processes
    case restart(process: Int, incarnation: Int)
    case snapshot
    case watch
    case quiet(process: Int)

    // Of a cluster
    /// Somebody has rung for those who wait for this stream.
    case ring(actor: Int, stream: Int)
    /// A node hears where a stream is.
    case heard(node: Int, stream: Int)
    /// The slot is handed over.
    case handedOver(stream: Int)
}

enum Server: Hashable {
    /// The Redis, or the node of a cluster at this address.
    case redis(Int)
    /// 0 is the producer's, 1 + g that of consumer group g.
    case postgres(Int)
}

/// What an actor hears: the answer to its request, or that the moment has come.
enum Reply {
    case redis([RedisReply])
    case postgres([PostgresReply])
    /// The connection is dead; whether the request was executed is unknown.
    case broken
    case timer
}
