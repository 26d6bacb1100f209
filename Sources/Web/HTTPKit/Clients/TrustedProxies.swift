public import HTTPTypes

/// The proxies in front of the services. Only they are believed when they tell where a request comes from.
///
/// Each proxy appends to `X-Forwarded-For`, or to `Forwarded`, whom it got the request from. So the list is read from its
/// end, which the nearest proxy wrote: the first hop that is no trusted proxy is the client. What stands before it was
/// written by that client and means nothing.
public struct TrustedProxies: Sendable, Hashable {
    /// Their networks.
    public let ranges: [AddressRange]

    /// Nobody is believed: each client is who is connected.
    public static let none = TrustedProxies(ranges: [])

    init(ranges: [AddressRange]) { self.ranges = ranges }

    /// Reads networks separated by commas: `10.0.0.0/8, 2001:db8::/32`.
    ///
    /// - Throws: an error that says which one is none.
    public init(parsing text: String) throws {
        ranges = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            var part = part.drop(while: \.isWhitespace)
            while part.last?.isWhitespace == true { part.removeLast() }
            return try AddressRange(parsing: part)
        }
    }

    /// Where a request comes from.
    ///
    /// - Parameters:
    ///   - connection: The address that the connection comes from.
    ///   - headers: The request's.
    /// - Returns: The client as the proxies tell it; `connection` where no proxy is between, or where nobody can tell who
    ///   the client is: by a header that is none, or two headers that contradict each other.
    public func client(of connection: String, _ headers: HTTPFields) -> String {
        guard !ranges.isEmpty, let peer = IPAddress(connection), isTrusted(peer) else { return connection }
        let told = [
            ForwardingHops(forwarded: headers.lines(of: "forwarded")),
            ForwardingHops(xForwardedFor: headers.lines(of: "x-forwarded-for")),
        ].compactMap(\.self)
        let clients = Set(told.map { client(of: peer, $0) })
        // A proxy writes one of the two and may let the client's own other one pass: which of them it wrote is not known.
        guard clients.count == 1, let client = clients.first else { return connection }
        return client.description
    }

    /// The first from the end who is no trusted proxy; where one is not told, the last who is known.
    private func client(of peer: IPAddress, _ hops: ForwardingHops) -> IPAddress {
        var last = peer
        for hop in hops.fromTheEnd {
            guard let hop else { break }
            last = hop
            guard isTrusted(hop) else { break }
        }
        return last
    }

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }
}

extension HTTPFields {
    /// The values of a field, a value a line.
    fileprivate func lines(of name: String) -> [String] { filter { $0.name.canonicalName == name }.map(\.value) }
}
