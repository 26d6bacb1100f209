import Foundation
public import LocalServers
import PerchTesting

/// A mail server that others wrote, aiosmtpd, as a process of its own on a free port of 127.0.0.1.
///
/// It ends when this object is released, and when this process ends, however that happens.
public final class LocalMailServer: Sendable {
    /// When TLS begins.
    public enum Security: String, Sendable {
        case plain
        case starttls
        case smtps
    }

    /// A step at which it can do something else than take a mail.
    public enum Step: String, Sendable {
        case sender
        /// The sender of a further mail of a connection.
        case again
        case receiver
        /// When it has the whole mail.
        case end
    }

    /// A mail as it came to its end, whatever the server answered then.
    public struct Mail: Decodable, Sendable, Hashable {
        /// Of `MAIL FROM`.
        public let sender: String
        /// Of `RCPT TO`.
        public let receivers: [String]
        /// Headers and body, as they came.
        public let text: String
        /// Whether it came through TLS.
        public let isEncrypted: Bool
        /// Who has logged in.
        public let user: String?
        /// The same for mails of one connection.
        public let connection: Int

        /// The value of a header that is on one line.
        public func header(_ name: String) -> String? {
            text.components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }.map {
                String($0.dropFirst(name.count + 2))
            }
        }
    }

    private let security: Security
    private let login: (user: String, password: String)?
    private let certificate: LocalCertificate?
    private let folder: URL
    private let process: LocalProcess
    /// Where it listens.
    public let port: Int

    /// Starts it, and returns when it takes connections.
    ///
    /// - Parameters:
    ///   - login: Whom it lets in; nil: it asks nobody.
    ///   - certificate: What it shows.
    public init(
        _ security: Security,
        login: (user: String, password: String)? = nil,
        certificate: LocalCertificate? = nil
    ) async throws {
        self.security = security
        self.login = login
        self.certificate = certificate
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = folder.appendingPathComponent("log").path
        let started = try LocalProcess(
            Self.venv.appendingPathComponent("bin/python").path,
            [Self.program.path, folder.path, security.rawValue] + (certificate.map { [$0.certificate, $0.key] } ?? [])
                + (login.map { [$0.user, $0.password] } ?? []),
            log: log
        )
        process = started
        func text() -> String { String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self) }
        try await eventually("the mail server listens") {
            if let exit = started.exit { throw MailServerEnded(exit: exit, log: text()) }
            return text().contains("port ") && text().hasSuffix("\n")
        }
        let line = text().split(separator: "\n").first { $0.hasPrefix("port ") }
        port = line.flatMap { Int($0.dropFirst(5)) } ?? 0
    }

    deinit {
        process.kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Its URL, with its login and the CA of its certificate.
    ///
    /// - Parameters:
    ///   - password: Default: the one that it takes.
    ///   - parameters: More of them. Default: as much time as an attempt can have.
    public func url(password: String? = nil, _ parameters: [String] = ["timeout=20"]) -> String {
        let login = login.map { "\($0.user):\(password ?? $0.password)@" } ?? ""
        var all = parameters
        if let certificate { all.append("cacert=\(certificate.authority.certificate)") }
        if security == .plain { all.append("starttls=never") }
        return "\(security == .smtps ? "smtps" : "smtp")://\(login)localhost:\(port)"
            + (all.isEmpty ? "" : "?\(all.joined(separator: "&"))")
    }

    /// What it does from now on: an answer such as `550 no`, `silent` or `drop`; at steps that are not named it goes on.
    public func behave(_ actions: [Step: String]) throws {
        let file = Dictionary(uniqueKeysWithValues: actions.map { ($0.rawValue, $1) })
        try JSONEncoder().encode(file).write(to: folder.appendingPathComponent("behaviour.json"), options: .atomic)
    }

    /// All that have come to their end, in order.
    public func mails() throws -> [Mail] {
        guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent("mails.jsonl").path) else {
            return []
        }
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Mail.self, from: $0) }
    }

    // MARK: Where it is

    /// Whether it was installed, by `ops/setup --tests`, as its list of versions is now.
    public static var isInstalled: Bool {
        let list = FileManager.default.contents(atPath: root.appendingPathComponent("ops/smtp.requirements.txt").path)
        return list != nil
            && list == FileManager.default.contents(atPath: venv.appendingPathComponent("installed").path)
    }

    /// Said where it is not.
    public static let advice = "aiosmtpd is not installed: ops/setup --tests"

    private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("server.py")
    private static let root = program.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let venv = root.appendingPathComponent(".perch/venv-smtp")
}

private struct MailServerEnded: Error, CustomStringConvertible {
    let exit: ProcessExit
    let log: String

    var description: String { "the mail server ended while starting: \(exit)\n\(log)" }
}
