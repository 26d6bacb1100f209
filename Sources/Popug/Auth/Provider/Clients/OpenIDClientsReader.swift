import Foundation
import OpenSSL
import PageKit
import Yams

/// Reads a file of clients, and notes all that is wrong with it.
///
///     clients:
///       tracker:
///         name: Tickets
///         secret: 5mH…                      # 32 characters at least; or secret_sha256, in hexadecimal
///         redirect_uris: [https://tickets.example.com/login/callback]
///         post_logout_redirect_uris: [https://tickets.example.com/logout/done]
///         backchannel_logout_uri: https://tickets.example.com/logout/backchannel
///         tokens: false                     # true: it calls the services in the name of who logs in
struct OpenIDClientsReader {
    private static let known: Set = [
        "name", "secret", "secret_sha256", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
        "tokens",
    ]
    private static let idCharacters = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
    )

    private(set) var problems: [String] = []

    mutating func clients(in text: String) -> [OpenIDClient] {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            // What the parser says may quote a secret.
            problems.append("it is no YAML")
            return []
        }
        guard let mapping = root?.mapping, mapping.count == 1, let clients = mapping["clients"]?.mapping else {
            problems.append("expected one mapping: clients, by their ids")
            return []
        }
        return clients.compactMap { key, value in
            let id = key.scalar?.string ?? ""
            guard (1...64).contains(id.utf8.count), id.unicodeScalars.allSatisfy(Self.idCharacters.contains) else {
                problems.append("clients: expected ids of letters, digits, `.`, `_` and `-`, at most 64")
                return nil
            }
            guard let fields = value.mapping else {
                note(id, nil, "expected a mapping")
                return nil
            }
            return client(id, fields)
        }
    }

    private mutating func client(_ id: String, _ fields: Node.Mapping) -> OpenIDClient {
        for key in fields.keys where !Self.known.contains(key.scalar?.string ?? "") {
            let known = Self.known.sorted().joined(separator: ", ")
            note(id, nil, "expected no `\(key.scalar?.string ?? "")`; there are \(known)")
        }
        let name = fields["name"]?.scalar?.string ?? id
        if !(1...100).contains(name.unicodeScalars.count) || name.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            note(id, "name", "expected a line of 1 to 100 characters")
        }
        let redirects = addresses("redirect_uris", of: id, fields)
        if redirects.isEmpty { note(id, "redirect_uris", "expected at least one") }
        return OpenIDClient(
            id: id,
            name: name,
            secretHash: secretHash(of: id, fields),
            redirectURIs: redirects,
            postLogoutURIs: addresses("post_logout_redirect_uris", of: id, fields),
            backChannelURI: fields["backchannel_logout_uri"].flatMap { address($0, "backchannel_logout_uri", of: id) },
            getsTokens: flag("tokens", of: id, fields)
        )
    }

    private mutating func secretHash(of id: String, _ fields: Node.Mapping) -> [UInt8] {
        switch (fields["secret"]?.scalar?.string, fields["secret_sha256"]?.scalar?.string) {
        case (let secret?, nil):
            if (32...1024).contains(secret.utf8.count), secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
                return SHA256.hash(secret.utf8)
            }
            note(id, "secret", "expected 32 visible characters of ASCII at least, drawn at random")
        case (nil, let hash?):
            if let bytes = Self.bytes(hash), bytes.count == 32 { return bytes }
            note(id, "secret_sha256", "expected 64 hexadecimal digits")
        default:
            note(id, nil, "expected either secret or secret_sha256")
        }
        return []
    }

    private mutating func flag(_ name: String, of id: String, _ fields: Node.Mapping) -> Bool {
        guard let node = fields[name] else { return false }
        if let value = node.bool { return value }
        note(id, name, "expected true or false")
        return false
    }

    private mutating func addresses(_ name: String, of id: String, _ fields: Node.Mapping) -> [String] {
        guard let node = fields[name] else { return [] }
        guard let list = node.sequence else {
            note(id, name, "expected a list")
            return []
        }
        return list.compactMap { address($0, name, of: id) }
    }

    /// What is registered is compared by its bytes; that it can be gone to safely is checked here, once.
    private mutating func address(_ node: Node, _ name: String, of id: String) -> String? {
        guard let text = node.scalar?.string, text.utf8.count <= 1000, SafeAddress.isSafe(text), !Self.hasDots(text)
        else {
            note(id, name, "expected https://…, or http:// of this machine, without user, fragment and `..`")
            return nil
        }
        return text
    }

    private static func hasDots(_ url: String) -> Bool {
        let path = URLComponents(string: url)?.path ?? ""
        return path.split(separator: "/").contains { [".", ".."].contains($0) }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8]? {
        let digits = hexadecimal.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == hexadecimal.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(exactly: digits[$0] * 16 + digits[$0 + 1]) }
    }

    private mutating func note(_ id: String, _ field: String?, _ problem: String) {
        problems.append("clients.\(id)\(field.map { ".\($0)" } ?? ""): \(problem)")
    }
}
