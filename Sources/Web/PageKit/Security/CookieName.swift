/// The name of a cookie of ours. Browsers share cookies among all ports of a host, so the port is in it; and they refuse a name
/// that begins with `__Host-` to any other host, to a path, and without https (Chromium: but for this machine).
package struct CookieName: Sendable, Hashable, CustomStringConvertible {
    /// `__Host-perch-8080`
    package let description: String

    /// - Parameters:
    ///   - program: ASCII letters, digits and `-`; anything else is left out.
    ///   - port: The one that browsers see; nil where the program has a host of its own.
    package init(_ program: String, port: Int? = nil) {
        let name = program.unicodeScalars.filter { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-": true
            default: false
            }
        }
        description = "__Host-" + String(String.UnicodeScalarView(name)) + (port.map { "-\($0)" } ?? "")
    }
}
