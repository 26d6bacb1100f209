import Foundation

/// The programs that people log in to by auth.
public struct OpenIDClients: Sendable {
    /// There are none: nobody is led to a login.
    public static let none = OpenIDClients([])

    let all: [OpenIDClient]

    init(_ all: [OpenIDClient]) { self.all = all }

    /// Reads a file of them: YAML, or JSON, which is YAML too.
    ///
    /// - Throws: `OpenIDClientsError`: everything that is wrong with it, without the secrets.
    public init(file path: String) throws(OpenIDClientsError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw OpenIDClientsError(problems: ["it cannot be read"])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw OpenIDClientsError(problems: ["it is not UTF-8"])
        }
        try self.init(yaml: text)
    }

    /// Reads what stands in such a file.
    init(yaml text: String) throws(OpenIDClientsError) {
        var reader = OpenIDClientsReader()
        let found = reader.clients(in: text)
        guard reader.problems.isEmpty else { throw OpenIDClientsError(problems: reader.problems) }
        self.init(found)
    }

    /// The client of this id; nil where there is none.
    func client(_ id: String?) -> OpenIDClient? {
        guard let id else { return nil }
        return all.first { $0.id.utf8.elementsEqual(id.utf8) }
    }

    /// The client that proves itself by `client_secret_basic`; nil where it does not.
    ///
    /// [RFC 6749, section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)
    ///
    /// - Parameter header: The value of `Authorization`.
    func client(provenBy header: String?) -> OpenIDClient? {
        guard let header, header.utf8.count <= 4096 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
            let pair = String(validating: data, as: UTF8.self), let colon = pair.firstIndex(of: ":"),
            let id = Self.decoded(pair[..<colon]), let secret = Self.decoded(pair[pair.index(after: colon)...]),
            let client = client(id), client.hasSecret(secret)
        else { return nil }
        return client
    }

    /// Both are encoded as fields of a form.
    private static func decoded(_ text: Substring) -> String? {
        String(text).replacing("+", with: " ").removingPercentEncoding
    }
}
