import Foundation
import OpenSSL

/// A password's scrypt hash as a PHC string: `$scrypt$ln=17,r=8,p=1$SALT$HASH`, base64 without padding.
///
/// [RFC 7914](https://www.rfc-editor.org/rfc/rfc7914) ·
/// [PHC string format](https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md)
public struct PasswordHash: Sendable, Hashable, LosslessStringConvertible {
    /// log2 of scrypt's N: one more doubles time and memory.
    public let cost: Int
    let blockSize: Int
    let parallelism: Int
    let salt: [UInt8]
    let hash: [UInt8]

    /// Hashes a password with a new salt. Blocks for about 0.3 s and takes 128 MiB at cost 17.
    ///
    /// - Parameter cost: 1 to 20.
    public init(of password: String, cost: Int) throws {
        precondition(PasswordHash.costs.contains(cost), "the cost is 1 to 20")
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let key = try Self.derive(password, cost: cost, blockSize: 8, parallelism: 1, salt: salt, count: 32)
        self.init(cost: cost, blockSize: 8, parallelism: 1, salt: salt, hash: key)
    }

    /// A hash of nobody's password: to verify against it takes as long as against a true one, and fails.
    init(ofNobodyAtCost cost: Int) {
        var generator = SystemRandomNumberGenerator()
        func random(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        }
        self.init(cost: cost, blockSize: 8, parallelism: 1, salt: random(16), hash: random(32))
    }

    /// Whether this is the password. Blocks as long as hashing does; the comparison takes as long for every wrong one.
    public func verify(_ password: String) throws -> Bool {
        let key = try Self.derive(
            password,
            cost: cost,
            blockSize: blockSize,
            parallelism: parallelism,
            salt: salt,
            count: hash.count
        )
        return SecureBytes.areEqual(key, hash)
    }

    /// Whether a hash of this cost made today would be harder to guess.
    func isWeaker(than cost: Int) -> Bool { self.cost < cost }

    /// Reads a PHC string; nil if it is none of scrypt, or one of unreasonable cost.
    public init?(_ description: String) {
        let parts = description.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let numbers = Self.numbers(parts[2]), let salt = Self.bytes(parts[3]), let hash = Self.bytes(parts[4]),
            Self.costs.contains(numbers.ln), (1...32).contains(numbers.r), (1...16).contains(numbers.p),
            salt.count >= 8, hash.count >= 16
        else { return nil }
        self.init(cost: numbers.ln, blockSize: numbers.r, parallelism: numbers.p, salt: salt, hash: hash)
    }

    /// The PHC string.
    public var description: String {
        "$scrypt$ln=\(cost),r=\(blockSize),p=\(parallelism)$\(Self.base64(salt))$\(Self.base64(hash))"
    }

    private init(cost: Int, blockSize: Int, parallelism: Int, salt: [UInt8], hash: [UInt8]) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.salt = salt
        self.hash = hash
    }

    private static let costs = 1...20

    private static func derive(
        _ password: String,
        cost: Int,
        blockSize: Int,
        parallelism: Int,
        salt: [UInt8],
        count: Int
    ) throws -> [UInt8] {
        try Scrypt.derive(
            // One way to write a password is as good as the other: é, or e and an accent.
            from: Array(password.precomposedStringWithCanonicalMapping.utf8),
            salt: salt,
            count: count,
            rounds: 1 << cost,
            blockSize: blockSize,
            parallelism: parallelism
        )
    }

    /// `ln=17,r=8,p=1`
    private static func numbers(_ text: Substring) -> (ln: Int, r: Int, p: Int)? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let values = zip(["ln=", "r=", "p="], parts).map { $1.hasPrefix($0) ? Int($1.dropFirst($0.count)) : nil }
        guard let ln = values[0], let r = values[1], let p = values[2] else { return nil }
        return (ln, r, p)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.contains("=") else { return nil }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).map { [UInt8]($0) }
    }
}
