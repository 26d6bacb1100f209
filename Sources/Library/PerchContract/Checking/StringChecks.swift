import StrictJSON

/// What a string has to be, compiled.
struct StringChecks: Sendable {
    /// What it fails by, in the order in which it is looked at.
    enum Failure {
        case format, allowed, minLength, maxLength
    }

    private let format: FieldFormat?
    private let allowed: [[UInt8]]?
    let minLength: Int
    let maxLength: Int
    /// Whether every string will do that is as long.
    let hasLengthOnly: Bool
    /// Whether every UUID in lowercase will do.
    let isAnyUUID: Bool

    init(_ field: Field) {
        format = field.format
        allowed = field.allowed.map { $0.map { Array($0.utf8) } }
        minLength = field.minLength ?? 0
        maxLength = field.maxLength ?? .max
        hasLengthOnly = field.format == nil && field.allowed == nil
        isAnyUUID = (field.format ?? .uuid) == .uuid && field.allowed == nil && minLength <= 36 && maxLength >= 36
    }

    /// Nil: it is as it has to be.
    ///
    /// - Parameter text: In UTF-8, escapes resolved.
    func failure(of text: UnsafeRawBufferPointer) -> Failure? {
        if let format, !format.matches(text) { return .format }
        if let allowed, !allowed.contains(where: { $0.withUnsafeBytes { text.hasBytes(of: $0) } }) { return .allowed }
        // A scalar is one to four bytes: most strings need no counting.
        if text.count < minLength || (text.count / 4 < minLength && text.scalarCount < minLength) { return .minLength }
        if text.count > maxLength, text.scalarCount > maxLength { return .maxLength }
        return nil
    }

    /// What was expected, for messages.
    ///
    /// - Parameter expectation: The field's.
    func expectation(of failure: Failure, else expectation: String) -> String {
        switch failure {
        case .format: format?.expectation ?? expectation
        case .allowed: expectation
        case .minLength: "at least \(minLength) characters"
        case .maxLength: "at most \(maxLength) characters"
        }
    }
}

extension UnsafeRawBufferPointer {
    /// How many Unicode scalars the text has, which is valid UTF-8.
    fileprivate var scalarCount: Int {
        var count = 0
        for byte in self where byte & 0xC0 != 0x80 { count &+= 1 }
        return count
    }
}
