/// A value of a result that is not NULL: its type and its bytes, lent to a decoder.
public struct PostgresValue: ~Copyable {
    /// The type of the column or of the array's elements.
    public let type: PostgresType
    private let bytes: UnsafeRawBufferPointer

    /// The caller promises that `bytes` outlive the value.
    init(type: PostgresType, bytes: UnsafeRawBufferPointer) {
        self.type = type
        self.bytes = bytes
    }

    /// How many bytes the value has.
    public var count: Int { bytes.count }

    /// Lends the bytes; they are gone when `body` returns.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(bytes)
    }

    /// The integer that the bytes are.
    /// - Throws: `.decoding` if there are more or less bytes.
    public func integer<I: FixedWidthInteger>(as: I.Type = I.self) throws(PostgresError) -> I {
        guard bytes.count == MemoryLayout<I>.size else { throw malformed() }
        return I(bigEndian: bytes.loadUnaligned(as: I.self))
    }

    /// The error of a column that has another type than the decoder takes.
    public func mismatch<T>(_ expected: T.Type) -> PostgresError {
        PostgresError(.decoding, "expected \(T.self), found \(type); a cast in the SQL may help")
    }

    func malformed() -> PostgresError {
        PostgresError(.decoding, "the bytes are no \(type)")
    }
}
