/// The memory of a reply: its nodes and its texts lie in a few blocks that are freed together, with the last reference.
///
/// Who keeps a reference keeps the whole reply where it is. If nobody does, the connection builds the next one in the same
/// blocks.
///
/// Why `@unchecked Sendable`: it is written while the reply is built, and while its receiver adds what it has found, both on
/// the connection's thread and before anyone else has a reference. Afterwards it is only read, and freed by `deinit`.
package final class ReplyMemory: @unchecked Sendable {
    /// Where there is room. It lies outside of the object so that hiredis's functions get at it without counting references.
    struct Room {
        var place: UnsafeMutableRawPointer
        var end: UnsafeMutableRawPointer
        /// Where the reply begins.
        var root: UnsafeMutablePointer<ReplyNode>
        unowned(unsafe) let memory: ReplyMemory
    }

    private static let blockSize = 1 << 18
    /// What is kept for the next reply; larger ones give their memory back.
    private static let keptBlocks = 8

    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var current = 0
    let room: UnsafeMutablePointer<Room>

    /// - Parameter capacity: Bytes that there is room for without a further block.
    package init(capacity: Int = blockSize) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(capacity, 64), alignment: 16)
        // A block has at least 64 bytes, so it has an address.
        let start = block.baseAddress.unsafelyUnwrapped
        blocks.append(block)
        room = .allocate(capacity: 1)
        room.initialize(
            to: Room(
                place: start,
                end: start + block.count,
                root: start.bindMemory(to: ReplyNode.self, capacity: 1),
                memory: self
            )
        )
    }

    deinit {
        for block in blocks { block.deallocate() }
        room.deallocate()
    }

    /// Room for the next reply: all that was here is gone.
    func reset() {
        while blocks.count > Self.keptBlocks { blocks.removeLast().deallocate() }
        current = 0
        open(blocks[0])
    }

    /// The first thing in a reply is its root, which is none yet.
    func begin() {
        room.pointee.root = room.take(MemoryLayout<ReplyNode>.stride).bindMemory(to: ReplyNode.self, capacity: 1)
        room.pointee.root.initialize(to: ReplyNode())
    }

    /// Uninitialized memory, aligned to 8 bytes, that lives as long as this. Only before the reply is handed on.
    package func allocate(byteCount: Int) -> UnsafeMutableRawPointer { room.take(byteCount) }

    /// Goes on in a block that has so much room.
    fileprivate func extend(by count: Int) {
        while current + 1 < blocks.count {
            current += 1
            if blocks[current].count >= count { return open(blocks[current]) }
        }
        blocks.append(.allocate(byteCount: max(count, Self.blockSize), alignment: 16))
        current = blocks.count - 1
        open(blocks[current])
    }

    private func open(_ block: UnsafeMutableRawBufferPointer) {
        // A block has at least 64 bytes.
        let start = block.baseAddress.unsafelyUnwrapped
        room.pointee.place = start
        room.pointee.end = start + block.count
    }
}

extension UnsafeMutablePointer<ReplyMemory.Room> {
    /// Takes room that is aligned to 8 bytes.
    @inline(__always)
    func take(_ count: Int) -> UnsafeMutableRawPointer {
        let count = (count + 7) & ~7
        if pointee.end - pointee.place < count { pointee.memory.extend(by: count) }
        let place = pointee.place
        pointee.place = place + count
        return place
    }
}
