extension EventFieldWriter {
    /// Whether what was written is as declared, for sure, without reading it again: that costs a seventh of publishing by the
    /// thousand. False: it may be so all the same, and whoever reads the JSON finds out (`VersionChecks.violations`).
    borrowing func isSurelyAsDeclared(by version: VersionChecks, key: UnsafeRawBufferPointer) -> Bool {
        guard byteCount <= Envelope.Limits.data else { return false }
        let count = marks.count
        var next = 0
        var known = 0
        for (index, field) in version.fields.enumerated() {
            guard let place = place(of: field, expectedAt: next, count) else {
                if field.isRequired { return false }
                continue
            }
            next = place &+ 1
            known &+= 1
            guard isSurely(marks[place], field) else { return false }
            if index == version.key, !contents(of: marks[place]).hasBytes(of: key) { return false }
        }
        // Of what is not declared the names have not been looked at.
        return known == count
    }

    private borrowing func place(of field: FieldChecks, expectedAt next: Int, _ count: Int) -> Int? {
        field.name.withUnsafeBytes { name in
            if next < count, marks[next].name.isBytes(name) { return next }
            for place in 0..<count where marks[place].name.isBytes(name) { return place }
            return nil
        }
    }

    private borrowing func isSurely(_ mark: FieldMark, _ field: FieldChecks) -> Bool {
        switch (field.kind, mark.kind) {
        case (.integer, .integer): mark.integer >= field.minimum && mark.integer <= field.maximum
        case (.number, .integer): !field.limitsNumbers
        case (.boolean, .boolean): true
        case (.string, .uuid): field.string.isAnyUUID
        case (.string, .plainString): field.string.isAny || field.string.failure(of: contents(of: mark)) == nil
        default: false
        }
    }

    /// The value, a string without its quotes.
    private borrowing func contents(of mark: FieldMark) -> UnsafeRawBufferPointer {
        let bytes = bytes(of: mark)
        switch mark.kind {
        case .uuid, .plainString: return UnsafeRawBufferPointer(rebasing: bytes[1..<bytes.count - 1])
        case .integer, .boolean, .other: return bytes
        }
    }
}

extension StaticString {
    fileprivate func isBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasPointerRepresentation else { return withUTF8Buffer { UnsafeRawBufferPointer($0).hasBytes(of: bytes) } }
        return UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount).hasBytes(of: bytes)
    }
}
