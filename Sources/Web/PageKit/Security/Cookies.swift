package import HTTPTypes

/// The cookies of a request.
package enum Cookies {
    /// The value of a cookie; nil where it is not there. Where it is there twice, nobody knows which is ours: nil.
    package static func value(of name: String, in headers: HTTPFields) -> String? {
        var found: [Substring] = []
        for line in headers where line.name == .cookie {
            for pair in line.value.split(separator: ";") {
                let parts = pair.drop(while: { $0 == " " }).split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                if parts.count == 2, parts[0].utf8.elementsEqual(name.utf8) { found.append(parts[1]) }
            }
        }
        return found.count == 1 ? String(found[0]) : nil
    }

    /// The names of the cookies that begin so, each once.
    static func names(beginningWith prefix: String, in headers: HTTPFields) -> Set<String> {
        var names: Set<String> = []
        for line in headers where line.name == .cookie {
            for pair in line.value.split(separator: ";") {
                let name = pair.drop(while: { $0 == " " }).prefix { $0 != "=" }
                if name.utf8.starts(with: prefix.utf8) { names.insert(String(name)) }
            }
        }
        return names
    }

    /// The value of a cookie of ours.
    package static func value(of name: CookieName, in headers: HTTPFields) -> String? {
        value(of: name.description, in: headers)
    }

    /// Whether a cookie goes along where another site leads to us.
    package enum Reach: String, Sendable {
        /// Never: for a session that nobody else leads to.
        case strict = "Strict"
        /// With links: for what a login comes back to.
        case lax = "Lax"
    }

    /// A line of `Set-Cookie`: for this host alone, over https alone, unseen by scripts.
    ///
    /// - Parameter life: How long the browser keeps it; nil: until it is closed.
    package static func line(_ name: CookieName, _ value: String, reach: Reach = .strict, life: Duration? = nil)
        -> String
    {
        let age = life.map { "; Max-Age=\(max(0, $0.components.seconds))" } ?? ""
        return "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=\(reach.rawValue)\(age)"
    }

    /// The line that takes a cookie away.
    package static func removal(of name: CookieName) -> String { line(name, "", life: .zero) }
}
