import Synchronization

/// How the connections of a configuration use TLS. Shared by all its copies: they have one `SSL_CTX`.
final class TLSClient: Sendable {
    private struct Loaded {
        var context: TLSContext
        var stamps: [TLSFiles.Stamp?]
        /// Why the files as they are now are not used.
        var problem: RedisError?
    }

    let files: TLSFiles
    /// What the server's certificate has to be for, and the name that the server is told; nil: the URL's host.
    let serverName: String?
    private let loaded = Mutex<Loaded?>(nil)

    init(_ files: TLSFiles, serverName: String?) {
        self.files = files
        self.serverName = serverName
    }

    /// Reads the files at the first connection, and again when they have changed: certificates that live for hours are replaced
    /// while programs run. Files that are just being replaced, and do not fit, leave what was read before.
    ///
    /// - Throws: `.configuration`, naming the file that cannot be used.
    func context() throws(RedisError) -> TLSContext {
        try loaded.withLock { loaded throws(RedisError) in
            let stamps = files.stamps
            if let loaded, loaded.stamps == stamps { return loaded.context }
            do throws(RedisError) {
                let context = try TLSContext(files)
                loaded = Loaded(context: context, stamps: stamps)
                return context
            } catch {
                guard let context = loaded?.context else { throw error }
                loaded?.problem = error
                return context
            }
        }
    }

    /// Why the files that replaced those in use are not used; nil: they are, or none did.
    var problem: RedisError? { loaded.withLock(\.?.problem) }

    /// For the text of an error: a renewal that failed unnoticed may be what is behind it.
    var hint: String {
        problem.map { "; the files of its certificates have been replaced and are not used: \($0.message)" } ?? ""
    }
}
