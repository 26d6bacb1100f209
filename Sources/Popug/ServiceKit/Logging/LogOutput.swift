import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where log lines go: one write a line, so that the lines of several threads and processes do not mix.
public final class LogOutput: Sendable {
    private let descriptor: Int32
    /// A line that is longer than a pipe takes at once is written in parts.
    private let turn = Mutex(())

    /// - Parameter descriptor: An open file; it is not closed.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// The process's standard error.
    public static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// Whether a person may be reading along.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes the line with its end. What cannot be written is lost: there is nobody left to tell.
    func write(_ line: [UInt8]) {
        turn.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
