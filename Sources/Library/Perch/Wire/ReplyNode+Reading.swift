import Redis

// Here and not beside the type: a function of another module would be called for each of the twenty values of an entry.
extension ReplyNode {
    /// The bytes of a text; nil for another kind.
    @inline(__always)
    var bytes: UnsafeRawBufferPointer? {
        guard isText else { return nil }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: Int(value)), count: Int(count))
    }

    /// The elements of an array; nil for another kind.
    @inline(__always)
    var array: UnsafeBufferPointer<ReplyNode>? {
        guard isArray else { return nil }
        return UnsafeBufferPointer(start: UnsafePointer(bitPattern: Int(value)), count: Int(count))
    }
}
