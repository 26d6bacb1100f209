import Foundation
import Perch

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder of mails, one file each.
public struct MailFolder: Sendable {
    /// Where it is. It is made with the first mail, if need be.
    public let path: String

    /// - Parameter path: Relative to the working folder, or absolute.
    public init(path: String) { self.path = path }

    /// Writes files, all of them or an error; on disk once this returns.
    ///
    /// A file appears whole under its name, or not at all: whoever collects the mails never sees half of one. A file that is
    /// there is replaced.
    func write(_ files: [(name: String, text: String)]) throws {
        guard !files.isEmpty else { return }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o750]
        )
        for (name, text) in files { try write(text, to: name) }
        // The names too are to survive a loss of power.
        try withFile(path, O_RDONLY | O_DIRECTORY) { try check(fsync($0), "fsync", path) }
    }

    private func write(_ text: String, to name: String) throws {
        // A name of its own: another worker may be writing the same mail.
        let temporary = "\(path)/.\(name).\(UUID.v7().text).tmp"
        do {
            try withFile(temporary, O_WRONLY | O_CREAT | O_EXCL) { file in
                var bytes = Array(text.utf8)[...]
                while !bytes.isEmpty {
                    let count = bytes.withUnsafeBytes { Self.write(file, $0) }
                    if count < 0, errno == EINTR { continue }
                    try check(count < 0 ? -1 : 0, "write", temporary)
                    bytes = bytes.dropFirst(count)
                }
                try check(fsync(file), "fsync", temporary)
            }
            try check(rename(temporary, "\(path)/\(name)"), "rename", temporary)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.write(file, bytes.baseAddress, bytes.count)
        #elseif canImport(Glibc)
            Glibc.write(file, bytes.baseAddress, bytes.count)
        #else
            Musl.write(file, bytes.baseAddress, bytes.count)
        #endif
    }

    private func withFile(_ name: String, _ flags: Int32, _ body: (Int32) throws -> Void) throws {
        let file = open(name, flags | O_CLOEXEC, 0o640)
        try check(file, "open", name)
        defer { close(file) }
        try body(file)
    }

    private func check(_ result: Int32, _ call: String, _ name: String) throws {
        guard result < 0 else { return }
        throw MailNotWritten(call: call, path: name, reason: String(cString: strerror(errno)))
    }
}

/// A mail could not be put into its folder; it is tried again.
public struct MailNotWritten: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system's call that failed: `open`.
    public let call: String
    /// What it was about.
    public let path: String
    /// The system's reason: `No space left on device`.
    public let reason: String

    /// `cannot write a mail: open /mail/x.eml: No space left on device`
    public var description: String { "cannot write a mail: \(call) \(path): \(reason)" }
}
