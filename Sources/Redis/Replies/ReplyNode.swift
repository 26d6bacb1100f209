import CHiredis

/// One value of a reply as it lies in its memory. The elements of an array lie one after another.
struct ReplyNode {
    /// `REDIS_REPLY_…`; 0 where nothing was put.
    private(set) var kind: Int32 = 0
    /// Of a text its bytes, of an array its elements.
    private(set) var count: UInt32 = 0
    /// The number, or the address of the text or the elements.
    private var value: Int64 = 0

    init() {}

    /// Nothing (`REDIS_REPLY_NIL`).
    init(kind: Int32) { self.kind = kind }

    init(integer: Int64) {
        kind = REDIS_REPLY_INTEGER
        value = integer
    }

    init(kind: Int32, at place: UnsafeMutableRawPointer, count: Int) {
        self.kind = kind
        // hiredis takes no text and no array of more.
        self.count = UInt32(count)
        value = Int64(Int(bitPattern: place))
    }

    /// Whether it has bytes: a string or a status.
    var isText: Bool { kind == REDIS_REPLY_STRING || kind == REDIS_REPLY_STATUS }

    var integer: Int64 { value }

    /// The bytes of a text, an error's too.
    var text: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: Int(value)), count: Int(count))
    }

    /// The elements of an array.
    var elements: UnsafeMutableBufferPointer<ReplyNode> {
        UnsafeMutableBufferPointer(start: UnsafeMutablePointer(bitPattern: Int(value)), count: Int(count))
    }
}
