/// The fields of a version in memory without references: what an event has written by name is held against them, each event, and
/// counting references would cost more than the comparisons.
///
/// Why `@unchecked Sendable`: the memory is written before anyone else has a reference, never changed, and freed with the last.
final class SureFields: @unchecked Sendable {
    /// What is enough to be sure that a value is right. What is not sure may be right all the same.
    struct Field {
        let name: UnsafeRawBufferPointer
        let kind: FieldChecks.Kind
        let isRequired: Bool
        let isKey: Bool
        let minimum: Int64
        let maximum: Int64
        /// A number without limits.
        let isAnyNumber: Bool
        /// A string that need not be looked at but for its length.
        let hasLengthOnly: Bool
        let isAnyUUID: Bool
        let minLength: Int
        let maxLength: Int
    }

    private let names: UnsafeMutableRawBufferPointer
    private let fields: UnsafeMutableBufferPointer<Field>

    init(_ checks: [FieldChecks], key: Int?) {
        names = .allocate(byteCount: checks.reduce(0) { $0 + $1.name.count }, alignment: 1)
        fields = .allocate(capacity: checks.count)
        var place = 0
        for (index, check) in checks.enumerated() {
            let end = place + check.name.count
            let name = UnsafeMutableRawBufferPointer(rebasing: names[place..<end])
            name.copyBytes(from: check.name)
            place = end
            fields.initializeElement(
                at: index,
                to: Field(
                    name: UnsafeRawBufferPointer(name),
                    kind: check.kind,
                    isRequired: check.isRequired,
                    isKey: index == key,
                    minimum: check.minimum,
                    maximum: check.maximum,
                    isAnyNumber: !check.limitsNumbers,
                    hasLengthOnly: check.string.hasLengthOnly,
                    isAnyUUID: check.string.isAnyUUID,
                    minLength: check.string.minLength,
                    maxLength: check.string.maxLength
                )
            )
        }
    }

    deinit {
        fields.deallocate()
        names.deallocate()
    }

    /// Lends the fields.
    @inline(__always)
    func withFields<R>(_ body: (UnsafeBufferPointer<Field>) -> R) -> R {
        withExtendedLifetime(self) { body(UnsafeBufferPointer(fields)) }
    }
}

extension SureFields.Field {
    /// - Parameter contents: The value, a string without its quotes.
    @inline(__always)
    func isSurely(_ mark: FieldMark, _ contents: UnsafeRawBufferPointer) -> Bool {
        switch mark.kind {
        case .integer:
            return kind == .integer
                ? mark.integer >= minimum && mark.integer <= maximum : kind == .number && isAnyNumber
        case .uuid: return kind == .string && isAnyUUID
        case .boolean: return kind == .boolean
        case .plainString:
            // A scalar is one to four bytes.
            return kind == .string && hasLengthOnly && (contents.count + 3) / 4 >= minLength
                && contents.count <= maxLength
        case .other: return false
        }
    }
}
