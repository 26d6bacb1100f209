#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files that a URL with TLS names, all in PEM.
struct TLSFiles: Sendable, Hashable {
    /// The certificates of the CAs that are trusted; nil: the system's.
    var authorities: String?
    /// What this client shows of itself, with the certificates that lead to its CA; nil: nothing.
    var certificate: String?
    /// The certificate's private key; nil: it is in the certificate's file.
    var key: String?

    /// What shows that a file is another than before.
    struct Stamp: Hashable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    /// Of each file; nil where there is none.
    var stamps: [Stamp?] {
        [authorities, certificate, key].map { file in
            guard let file else { return nil }
            var found = stat()
            guard stat(file, &found) == 0 else { return nil }
            #if canImport(Darwin)
                let time = found.st_mtimespec
            #else
                let time = found.st_mtim
            #endif
            return Stamp(
                inode: UInt64(clamping: found.st_ino),
                size: Int64(found.st_size),
                seconds: Int(time.tv_sec),
                nanoseconds: Int(time.tv_nsec)
            )
        }
    }
}
