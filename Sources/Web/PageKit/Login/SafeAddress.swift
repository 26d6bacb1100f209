import Foundation
import HTTPKit

/// Addresses that a login may go over: https, or this machine itself.
package enum SafeAddress {
    /// Whether nobody on the way can read along; no for what is no address of http or https.
    package static func isSafe(_ url: String) -> Bool {
        guard LinkTarget(url: url) != nil, let parts = URLComponents(string: url), parts.fragment == nil else {
            return false
        }
        return parts.scheme?.lowercased() == "https" || isLoopback(url)
    }

    /// Whether it leads to this machine.
    static func isLoopback(_ url: String) -> Bool {
        guard let host = URLComponents(string: url)?.host?.lowercased() else { return false }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if name == "localhost" { return true }
        guard let address = IPAddress(name) else { return false }
        return address == IPAddress("::1") || (!address.isIPv6 && name.hasPrefix("127."))
    }
}
