import CHiredis

/// Has hiredis build the replies of one connection in a `ReplyMemory`. Its own functions call malloc for each value and each
/// text, some 20,000 times for a read of 500 entries; here a value takes 16 bytes and its text.
///
/// Why this is safe: hiredis builds a reply by these functions only, one reply at a time, and frees no part of it
/// (`freeObject` does nothing). Memory is used again only when nobody else refers to it. A reply that is half built when
/// the connection dies is never lent, and the builder lives as long as the context.
///
/// Not `Sendable`: it belongs to its connection's thread.
final class ReplyBuilder {
    /// The most elements of an array: it is made when its length is announced, before any of them has come, and a server that
    /// announces billions must not take our memory. Nothing here asks for more than thousands.
    private static let mostElements = 1 << 21
    /// The most bytes of a text: Redis's own limit is 512 MB.
    private static let mostBytes = 1 << 30

    private var memory = ReplyMemory()
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>

    /// The builder must outlive the reader.
    init(of reader: UnsafeMutablePointer<redisReader>) {
        self.reader = reader
        functions = .allocate(capacity: 1)
        // Kinds of values that RESP2 does not have get no function, and so no node.
        functions.initialize(to: redisReplyObjectFunctions())
        functions.pointee.createString = { task, text, count in
            guard let task, let text, Int(count) <= ReplyBuilder.mostBytes else { return nil }
            let room = ReplyBuilder.room(of: task)
            let place = room.take(Int(count))
            place.copyText(from: text, count: Int(count))
            return room.put(ReplyNode(kind: task.pointee.type, text: place, count: Int(count)), for: task)
        }
        functions.pointee.createArray = { task, count in
            // Nil is out of memory to hiredis: the connection is over.
            guard let task, Int(count) <= ReplyBuilder.mostElements else { return nil }
            let room = ReplyBuilder.room(of: task)
            let count = max(Int(count), 0)
            let place = room.take(count * MemoryLayout<ReplyNode>.stride)
            // A place where nothing was put is all zeros, as `ReplyNode()`.
            place.initializeMemory(as: UInt8.self, repeating: 0, count: count * MemoryLayout<ReplyNode>.stride)
            place.bindMemory(to: ReplyNode.self, capacity: count)
            return room.put(ReplyNode(kind: task.pointee.type, elements: place, count: count), for: task)
        }
        functions.pointee.createInteger = { task, value in
            guard let task else { return nil }
            return ReplyBuilder.room(of: task).put(ReplyNode(integer: value), for: task)
        }
        functions.pointee.createNil = { task in
            guard let task else { return nil }
            return ReplyBuilder.room(of: task).put(ReplyNode(kind: REDIS_REPLY_NIL), for: task)
        }
        functions.pointee.freeObject = { _ in }
        reader.pointee.fn = functions
    }

    deinit {
        functions.deallocate()
    }

    /// To be called before hiredis begins with a reply: none may be half built.
    func begin() {
        if isKnownUniquelyReferenced(&memory) { memory.reset() } else { memory = ReplyMemory() }
        memory.begin()
        // Each task gets it from the reader.
        reader.pointee.privdata = UnsafeMutableRawPointer(memory.room)
    }

    /// The reply that hiredis has just built.
    func finish() -> OwnedReply { OwnedReply(memory) }

    private static func room(of task: UnsafePointer<redisReadTask>) -> UnsafeMutablePointer<ReplyMemory.Room> {
        // Set by `begin`, and for no other use.
        task.pointee.privdata.unsafelyUnwrapped.assumingMemoryBound(to: ReplyMemory.Room.self)
    }
}

extension UnsafeMutablePointer<ReplyMemory.Room> {
    /// Puts a node where the task belongs: into its array, or at the root.
    ///
    /// - Returns: The place, by which hiredis refers to it.
    @inline(__always)
    fileprivate func put(_ node: ReplyNode, for task: UnsafePointer<redisReadTask>) -> UnsafeMutableRawPointer {
        let place =
            if let array = task.pointee.parent?.pointee.obj {
                array.assumingMemoryBound(to: ReplyNode.self).pointee.elements.baseAddress.unsafelyUnwrapped
                    + Int(task.pointee.idx)
            } else {
                pointee.root
            }
        place.initialize(to: node)
        return UnsafeMutableRawPointer(place)
    }
}

extension UnsafeMutableRawPointer {
    /// Copies a text. Most texts of an entry are short: two loads that overlap take less time than a call of `memcpy`.
    @inline(__always)
    fileprivate func copyText(from text: UnsafeRawPointer, count: Int) {
        switch count {
        case 8...16: copyEnds(UInt64.self, from: text, count: count)
        case 4..<8: copyEnds(UInt32.self, from: text, count: count)
        case 2..<4: copyEnds(UInt16.self, from: text, count: count)
        default: copyMemory(from: text, byteCount: count)
        }
    }

    /// Copies the first and the last so many bytes, which meet.
    @inline(__always)
    private func copyEnds<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type,
        from text: UnsafeRawPointer,
        count: Int
    ) {
        let end = count - MemoryLayout<T>.size
        let (first, last) = (text.loadUnaligned(as: type), (text + end).loadUnaligned(as: type))
        storeBytes(of: first, as: type)
        (self + end).storeBytes(of: last, as: type)
    }
}
