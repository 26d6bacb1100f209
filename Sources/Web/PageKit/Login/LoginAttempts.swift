import HTTPTypes
import StrictJSON
import Times

/// The attempts of a browser, each in a cookie of its own.
struct LoginAttempts: Sendable {
    /// The most that a browser keeps: beyond them the oldest goes.
    static let most = 5

    private let program: String
    private let port: Int?
    private let seal: CookieSeal

    init(program: String, port: Int?, seal: CookieSeal) {
        (self.program, self.port, self.seal) = (program, port, seal)
    }

    /// The cookies that begin an attempt: its own, and the removal of those that are too many.
    func begin(_ attempt: LoginAttempt, in headers: HTTPFields, now: Timestamp) throws -> [String] {
        let cookie = cookie(attempt.name)
        let content = try JSONCoding.encode(attempt)
        let line = Cookies.line(
            cookie,
            try seal.seal(content, as: cookie, until: now + LoginAttempt.kept),
            // The issuer leads back.
            reach: .lax,
            life: LoginAttempt.kept
        )
        let (prefix, suffix) = (CookieName("\(program)-login-").description, port.map { "-\($0)" } ?? "")
        let names = Cookies.names(beginningWith: prefix, in: headers).compactMap { name in
            name.hasSuffix(suffix)
                ? LoginAttempt.name(ofState: String(name.dropFirst(prefix.count).dropLast(suffix.count))) : nil
        }
        let others = names.map { ($0, self.attempt($0, in: headers, now: now)?.began) }
        let over = others.filter { $0.1 == nil }
        let alive = others.filter { $0.1 != nil }.sorted { ($0.1 ?? now) > ($1.1 ?? now) }
        return [line] + (over + alive.dropFirst(Self.most - 1)).map { end($0.0) }
    }

    /// The attempt of that name; nil where this browser has none.
    func attempt(_ name: String, in headers: HTTPFields, now: Timestamp) -> LoginAttempt? {
        let cookie = cookie(name)
        guard let value = Cookies.value(of: cookie, in: headers), let content = seal.open(value, as: cookie, now: now),
            let document = try? JSONDocument(content)
        else { return nil }
        return try? JSONCoding.decode(from: document.root)
    }

    /// The line that takes its cookie away.
    func end(_ name: String) -> String { Cookies.removal(of: cookie(name)) }

    private func cookie(_ name: String) -> CookieName { CookieName("\(program)-login-\(name)", port: port) }
}
