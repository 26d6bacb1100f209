import HTTPKit
import ServiceKit

/// Where a login comes from, as far as one party can choose it: an IPv4 address, or the first 64 bits of an IPv6 address,
/// for a household has all that begin with them.
struct LoginAddress: Sendable, Hashable, CustomStringConvertible {
    /// `127.0.0.1`, `2001:db8:0:1::/64`
    let description: String

    /// - Parameter text: As the request tells it. What is no address counts as one.
    init(_ text: String) { description = IPAddress(text)?.party ?? text }
}
