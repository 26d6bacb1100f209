import Foundation

/// Addresses that browsers are led to.
enum Address {
    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )

    /// An address with more fields; those without a value are left out.
    static func adding(_ fields: [(String, String?)], to address: String) -> String {
        let pairs = fields.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
        guard !pairs.isEmpty else { return address }
        return address + (address.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
    }

    /// Scheme, host and port: `https://tickets.example.com`; nil for what is no address.
    static func origin(of address: String) -> String? {
        guard let parts = URLComponents(string: address), let scheme = parts.scheme, let host = parts.host else {
            return nil
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    }

    static func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: kept) ?? "" }
}
