import Foundation

/// Passwords of the private servers: drawn once, kept in a file that only its owner reads.
struct DevSecrets {
    private let path: String
    private var values: [String: String]

    init(path: String) throws {
        self.path = path
        values = [:]
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ")
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
    }

    /// The password of this name, the same at every start.
    mutating func password(_ name: String) throws -> String {
        if let known = values[name] { return known }
        let made = (0..<4).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
        values[name] = made
        try save()
        return made
    }

    /// Lines `NAME PASSWORD`, which `ops/redis/make-acl` reads and adds to.
    func save() throws {
        let text = values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
        try PrivateFile.write(text, to: path)
    }
}
