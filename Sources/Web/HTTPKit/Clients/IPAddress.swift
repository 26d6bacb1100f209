#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An IPv4 or IPv6 address, without port and zone. One address has one value, however it is written.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 bytes, or 16.
    let bytes: [UInt8]

    /// Reads `192.0.2.7`, `2001:db8::7`, `fe80::1%eth0`; `::ffff:192.0.2.7` is `192.0.2.7`: a listener of both kinds tells
    /// IPv4 addresses so. Nil for anything else, also for an address with a port, or in brackets.
    public init?(_ text: some StringProtocol) {
        // The longest one is of 45 characters; a zone's name may follow.
        guard text.utf8.count <= 100, !text.utf8.contains(0) else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 1 || !parts[1].isEmpty, let all = Self.read(parts[0], AF_INET6, count: 16) else {
                return nil
            }
            bytes = all.starts(with: Self.mappedPrefix) ? Array(all.dropFirst(12)) : all
        } else {
            guard let all = Self.read(text, AF_INET, count: 4) else { return nil }
            bytes = all
        }
    }

    private static func read(_ text: some StringProtocol, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let isAddress = bytes.withUnsafeMutableBytes { inet_pton(family, String(text), $0.baseAddress) == 1 }
        return isAddress ? bytes : nil
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether it is of IPv6.
    public var isIPv6: Bool { bytes.count == 16 }

    /// How many bits it has.
    var width: Int { bytes.count * 8 }

    /// The same with all bits after the first so many cleared.
    func masked(to prefix: Int) -> IPAddress {
        let kept = bytes.indices.map { index in
            let bits = max(0, min(8, prefix - index * 8))
            return bytes[index] & (bits == 0 ? 0 : UInt8.max << UInt8(8 - bits))
        }
        return IPAddress(bytes: kept)
    }

    /// The network that one party has who can choose addresses: the address itself, or the first 64 bits of an IPv6 address,
    /// for a household has all that begin with them. `192.0.2.7`, `2001:db8:0:1::/64`
    public var party: String {
        isIPv6 ? groups.prefix(4).joined(separator: ":") + "::/64" : description
    }

    /// `192.0.2.7`, `2001:db8:0:0:0:0:0:7`
    public var description: String {
        isIPv6 ? groups.joined(separator: ":") : bytes.map { String($0) }.joined(separator: ".")
    }

    private var groups: [String] {
        stride(from: 0, to: bytes.count, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
    }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
}
