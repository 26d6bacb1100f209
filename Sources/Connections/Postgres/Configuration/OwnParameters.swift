/// The parameters of a database URL that are ours and not libpq's. The times: libpq has none for a reply, and does not look at its
/// own `connect_timeout` where one connects without blocking. And what a pooler in between does.
struct OwnParameters {
    private(set) var connect: Duration?
    private(set) var reply: Duration?
    private(set) var pooling: PostgresConfiguration.Pooling?
    /// The URL without them.
    private(set) var rest: String

    init(_ url: String) throws(PostgresError) {
        rest = url
        guard let mark = url.firstIndex(of: "?") else { return }
        var others: [Substring] = []
        for item in url[url.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch parts[0] {
            case "connect_timeout": connect = try Self.first(connect, Self.seconds(parts), of: "connect_timeout")
            case "reply_timeout": reply = try Self.first(reply, Self.seconds(parts), of: "reply_timeout")
            case "pooled": pooling = try Self.first(pooling, Self.pooling(parts), of: "pooled")
            default: others.append(item)
            }
        }
        rest = String(url[..<mark]) + (others.isEmpty ? "" : "?" + others.joined(separator: "&"))
    }

    private static func first<Value>(_ earlier: Value?, _ value: Value, of name: String) throws(PostgresError) -> Value
    {
        guard earlier == nil else { throw PostgresError(.misuse, "\(name) stands twice in the database URL") }
        return value
    }

    /// `5`, `0.25`: there is no word for "for ever", since every wait has an end.
    private static func seconds(_ parts: [Substring]) throws(PostgresError) -> Duration {
        let digits = parts.count == 2 ? parts[1].split(separator: ".", omittingEmptySubsequences: false) : []
        let areDigits = digits.allSatisfy { part in
            (1...5).contains(part.utf8.count)
                && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard (1...2).contains(digits.count), areDigits, let value = Double(parts[1]), (0.001...86_400).contains(value)
        else {
            throw PostgresError(
                .misuse,
                "\(parts[0]) of the database URL is a number of seconds from 0.001 to 86400, such as 5 or 0.5"
            )
        }
        return .milliseconds(Int((value * 1000).rounded()))
    }

    private static func pooling(_ parts: [Substring]) throws(PostgresError) -> PostgresConfiguration.Pooling {
        switch parts.count == 2 ? parts[1] : "" {
        case "session": return .session
        case "transaction": return .transaction
        default: throw PostgresError(.misuse, "pooled of the database URL is session or transaction")
        }
    }
}
