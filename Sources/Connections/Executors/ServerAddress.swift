#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One address of a server's name. A name may have several, and each is tried by itself, with a deadline of its own: the C
/// libraries share one deadline among all, and give up at the first that is silent.
package struct ServerAddress: Hashable, Sendable {
    /// In digits, as `getaddrinfo` takes them without asking anybody.
    package let digits: String

    /// The addresses of a name, in the order in which the system prefers them. How long that takes is the system's to say.
    ///
    /// - Returns: Empty where the name is not known; `failure` says why.
    package static func all(of name: String) -> (addresses: [ServerAddress], failure: String?) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { return ([], String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [ServerAddress] = []
        var next = list
        while let entry = next {
            if let address = ServerAddress(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return (found, nil)
    }

    private init?(_ entry: addrinfo) {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        guard code == 0 else { return nil }
        digits = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
