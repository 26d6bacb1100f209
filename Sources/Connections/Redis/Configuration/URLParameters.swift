/// What stands behind the `?` of a Redis URL.
struct URLParameters {
    static let times = ["connect_timeout", "reply_timeout"]
    static let tls = ["cacert", "cert", "key", "server_name"]
    static let sentinels = ["sentinel_user", "sentinel_password"]

    private(set) var database: Int?
    private var connectTimeout: Duration?
    private var replyTimeout: Duration?
    private var texts: [String: String] = [:]

    /// - Parameters:
    ///   - query: From the `?` on; empty where there is none.
    ///   - known: Those that this kind of URL takes.
    ///   - advice: Said of another.
    init(_ query: Substring, of known: [String], _ advice: String = "") throws(RedisError) {
        guard !query.isEmpty else { return }
        guard query.hasPrefix("?") else { throw invalid("query", "expected ?name=value") }
        var seen: Set<String> = []
        for item in query.dropFirst().split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard parts.count == 2, known.contains(name) else {
                let hint = advice.isEmpty ? "" : "; \(advice)"
                throw invalid("query", "the parameters are \(known.joined(separator: ", "))\(hint)")
            }
            guard seen.insert(name).inserted else { throw invalid("query", "\(name) stands there twice") }
            switch name {
            case "db": database = try number(parts[1], part: "database", in: 0...65_535)
            case "connect_timeout": connectTimeout = try seconds(parts[1], name)
            case "reply_timeout": replyTimeout = try seconds(parts[1], name)
            default:
                guard let text = percentDecoded(parts[1]), !text.isEmpty else {
                    throw invalid("query", "\(name) is a text that is percent-encoded, and not empty")
                }
                texts[name] = text
            }
        }
    }

    func apply(to configuration: inout RedisConfiguration) {
        if let connectTimeout { configuration.connectTimeout = connectTimeout }
        if let replyTimeout { configuration.replyTimeout = replyTimeout }
    }

    /// The text of a parameter that has no other form.
    subscript(name: String) -> String? { texts[name] }

    /// What the sentinels want of us.
    func sentinelCredentials() throws(RedisError) -> (user: String?, password: Secret?) {
        let (user, password) = (self["sentinel_user"], self["sentinel_password"])
        guard user == nil || password != nil else {
            throw invalid("query", "sentinel_user goes with sentinel_password")
        }
        return (user, password.map(Secret.init))
    }

    func tlsClient() throws(RedisError) -> TLSClient {
        guard self["key"] == nil || self["cert"] != nil else {
            throw invalid("query", "key is the private key of a certificate, which cert names")
        }
        return TLSClient(
            TLSFiles(authorities: self["cacert"], certificate: self["cert"], key: self["key"]),
            serverName: self["server_name"]
        )
    }
}

/// `5`, `0.25`: there is no word for "for ever", since every wait has an end.
private func seconds(_ text: Substring, _ name: String) throws(RedisError) -> Duration {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let areDigits = parts.allSatisfy { part in
        (1...5).contains(part.utf8.count)
            && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    guard parts.count <= 2, areDigits, let value = Double(text), (0.001...86_400).contains(value) else {
        throw invalid("query", "\(name) is a number of seconds from 0.001 to 86400, such as 5 or 0.5")
    }
    return .milliseconds(Int((value * 1000).rounded()))
}
