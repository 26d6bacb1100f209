import Foundation
package import HTTPTesting
import Postgres
package import ServiceKit

/// A browser of somebody at the pages of a service: it has the cookie of their session, and sends forms as they stand in a page.
package struct PageVisitor: Sendable {
    /// Who it is; nil: nobody is logged in.
    package let user: AuthenticatedUser?
    let port: Int
    let host: String
    /// `NAME=VALUE`
    let cookie: String?

    /// Loads a page.
    ///
    /// - Parameters:
    ///   - path: With its query.
    ///   - headers: Beside the cookie, such as `Cookie: tz=Europe/Berlin`.
    package func get(_ path: String, _ headers: [String] = []) async throws -> RawAnswer {
        try await RawAnswer.ask(port, "GET \(path)", own + headers)
    }

    /// Sends a form of a page as it stands there, or as the test has changed it.
    ///
    /// - Parameter site: What a browser says of where it comes from.
    package func send(_ form: ShownForm, site: String = "same-origin") async throws -> RawAnswer {
        try await post(form.action, form.fields, site: site)
    }

    /// Sends fields, as a page that is not ours might: without a token, if there is none among them.
    package func post(
        _ path: String,
        _ fields: [(String, String)] = [],
        site: String = "same-origin"
    ) async throws -> RawAnswer {
        try await RawAnswer.ask(
            port,
            "POST \(path)",
            own + ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: \(site)"],
            body: fields.map { "\(Self.encoded($0))=\(Self.encoded($1))" }.joined(separator: "&")
        )
    }

    /// The page that an answer leads to; the answer itself where it leads nowhere.
    package func follow(_ answer: RawAnswer) async throws -> RawAnswer {
        guard let target = answer.header("Location"), target.hasPrefix("/") else { return answer }
        return try await get(target)
    }

    /// The stream of a page that is open, such as `data-stream` names it: what it tells until it has told some words, head included.
    ///
    /// - Parameters:
    ///   - words: As they stand in the stream: `"tickets/1/status":"closed"`.
    ///   - meanwhile: Is done once the stream is asked for. Default: nothing.
    package func live(
        _ path: String,
        until words: String,
        meanwhile: () async throws -> Void = {}
    ) async throws -> String {
        try await RawConnection.open(port) { connection in
            let head = ["GET \(path) HTTP/1.1"] + own + ["Connection: close"]
            try await connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
            try await meanwhile()
            return await connection.read(until: words)
        }
    }

    /// The same browser at another process of the same service.
    package func at(_ pages: ServedPages) -> PageVisitor {
        PageVisitor(user: user, port: pages.port, host: host, cookie: cookie)
    }

    private var own: [String] { ["Host: \(host)"] + (cookie.map { ["Cookie: \($0)"] } ?? []) }

    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )

    /// As browsers write a field of a form.
    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    }
}
