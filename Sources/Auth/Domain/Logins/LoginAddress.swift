#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a login comes from, as far as one party can choose it: an IPv4 address, or the first 64 bits of an IPv6 address,
/// for a household has all that begin with them.
struct LoginAddress: Sendable, Hashable, CustomStringConvertible {
    /// `127.0.0.1`, `2001:db8:0:1::/64`
    let description: String

    /// - Parameter text: As the connection tells it. What is no address counts as one.
    init(_ text: String) {
        guard text.contains(":") else {
            description = text
            return
        }
        // A listener of both kinds tells IPv4 addresses so.
        if text.lowercased().hasPrefix("::ffff:"), text.contains(".") {
            description = String(text.dropFirst("::ffff:".count))
            return
        }
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &address) == 1 else {
            description = text
            return
        }
        let groups = withUnsafeBytes(of: &address) { bytes in
            stride(from: 0, to: 8, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
        }
        description = "\(groups.joined(separator: ":"))::/64"
    }
}
