import HTTPKit

/// Texts that nobody guesses.
enum RandomText {
    /// 256 bits as base64url: 43 characters.
    static func secret() -> String { Base64URL.encode(bytes(32)) }

    /// 32 bits in hexadecimal: tells things apart, and is no secret.
    static func name() -> String {
        bytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Of the system's own generator.
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
