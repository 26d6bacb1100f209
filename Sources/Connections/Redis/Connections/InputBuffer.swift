/// Where a connection's bytes arrive, before hiredis takes them.
final class InputBuffer {
    static let size = 1 << 17

    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)

    deinit { bytes.deallocate() }
}
