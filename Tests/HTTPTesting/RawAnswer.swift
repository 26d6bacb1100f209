import Foundation

/// An answer as it came, head and body, for a test to read.
package struct RawAnswer: Sendable {
    package let text: String

    package init(text: String) { self.text = text }

    /// Asks a port of this machine for something, by a connection that ends with the answer.
    ///
    /// - Parameter head: `GET /groups`.
    package static func ask(
        _ port: Int,
        _ head: String,
        _ headers: [String] = [],
        body: String? = nil
    ) async throws -> RawAnswer {
        var lines = ["\(head) HTTP/1.1"] + headers + ["Connection: close"]
        if !headers.contains(where: { $0.lowercased().hasPrefix("host:") }) { lines.append("Host: 127.0.0.1:\(port)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return try await RawConnection.open(port) { connection in
            // An answer may come before all is sent.
            try? await connection.send(text)
            return RawAnswer(text: await connection.read())
        }
    }

    /// 0: it has none.
    package var status: Int { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }

    package var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

    /// The first of a name.
    package func header(_ name: String) -> String? { headers(name).first }

    package func headers(_ name: String) -> [String] {
        let head = text.components(separatedBy: "\r\n\r\n").first ?? ""
        return head.components(separatedBy: "\r\n").filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }
}
