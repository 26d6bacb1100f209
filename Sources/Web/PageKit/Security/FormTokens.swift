import HTTPKit
import OpenSSL

/// Proves that a form which is sent was made by us, for this session and this action. Another site can make a browser send a form,
/// and cannot know its token.
package struct FormTokens: Sendable {
    /// The field that carries it.
    package static let field = "token"

    private let keys: SecretKeys

    /// The first key makes tokens, all of them are known.
    package init(_ keys: SecretKeys) { self.keys = keys }

    /// The token of an action: its path, and what else makes it another one.
    ///
    /// - Parameter session: Whoever looks: what their cookie stands for. It is not in the token.
    package func token(session: String, action: String) -> String {
        Base64URL.encode(Self.code(session, action, keys.current))
    }

    /// Whether a token is of this session and this action. It takes as long for a wrong one as for a right one.
    package func accepts(_ token: String?, session: String, action: String) -> Bool {
        guard let token, token.utf8.count <= 64, let bytes = Base64URL.decode(token) else { return false }
        return keys.all.contains { SecureBytes.areEqual(bytes, Self.code(session, action, $0)) }
    }

    private static func code(_ session: String, _ action: String, _ key: SecretKey) -> [UInt8] {
        // Its length first: no two pairs give the same bytes.
        let session = Array(session.utf8)
        let length = withUnsafeBytes(of: UInt64(session.count).bigEndian) { Array($0) }
        return HMAC.code(of: length + session + Array(action.utf8), key: key.derived(for: "form"))
    }
}
