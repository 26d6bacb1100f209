import CHiredis

/// One value of a reply as it lies in its memory. The elements of an array lie one after another.
///
/// It is as good as a pointer into the reply's memory, and to be used only while that is kept.
package struct ReplyNode: BitwiseCopyable {
    /// `REDIS_REPLY_…`; 0 where nothing was put.
    let kind: UInt8
    /// Whether it has bytes: a string or a status.
    package let isText: Bool
    package let isArray: Bool
    /// Of a text its bytes, of an array its elements.
    package let count: UInt32
    /// The number, or the address of the text or the elements.
    package let value: Int64

    @inline(__always)
    private init(kind: Int32, isText: Bool = false, isArray: Bool = false, count: Int = 0, value: Int64 = 0) {
        // hiredis has a dozen kinds, and takes no text and no array of 2³² or more.
        self.kind = UInt8(truncatingIfNeeded: kind)
        self.isText = isText
        self.isArray = isArray
        self.count = UInt32(truncatingIfNeeded: count)
        self.value = value
    }

    /// A place where nothing was put.
    init() { self.init(kind: 0) }

    /// Nothing (`REDIS_REPLY_NIL`).
    init(kind: Int32) { self.init(kind: kind, isText: false) }

    init(integer: Int64) { self.init(kind: REDIS_REPLY_INTEGER, value: integer) }

    /// A string, a status or an error; of another kind, as RESP3 has them, it is no text.
    @inline(__always)
    init(kind: Int32, text: UnsafeMutableRawPointer, count: Int) {
        let isText = kind == REDIS_REPLY_STRING || kind == REDIS_REPLY_STATUS
        self.init(kind: kind, isText: isText, count: count, value: Int64(Int(bitPattern: text)))
    }

    /// An array; of another kind, as RESP3 has them, it is none.
    @inline(__always)
    init(kind: Int32, elements: UnsafeMutableRawPointer, count: Int) {
        let isArray = kind == REDIS_REPLY_ARRAY
        self.init(kind: kind, isArray: isArray, count: count, value: Int64(Int(bitPattern: elements)))
    }

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
