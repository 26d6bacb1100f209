import StrictJSON

extension EventFieldWriter {
    /// Whether what was written is as declared, for sure, without reading it again, which costs more than all else here. False: it
    /// may be so all the same, and whoever reads the JSON finds out (`VersionChecks.violations`).
    borrowing func isSurelyAsDeclared(by version: VersionChecks, key: UnsafeRawBufferPointer) -> Bool {
        guard byteCount <= EventCoding.dataLimit else { return false }
        return marks.withUnsafeBufferPointer { marks in
            version.sureFields.withFields { fields in areSure(marks, fields, of: version, key) }
        }
    }

    private borrowing func areSure(
        _ marks: UnsafeBufferPointer<FieldMark>,
        _ fields: UnsafeBufferPointer<SureFields.Field>,
        of version: VersionChecks,
        _ key: UnsafeRawBufferPointer
    ) -> Bool {
        var next = 0
        var known = 0
        for index in fields.indices {
            guard let place = marks.place(of: fields[index].name, expectedAt: next) else {
                if fields[index].isRequired { return false }
                continue
            }
            next = place &+ 1
            known &+= 1
            let contents = contents(of: marks[place])
            guard
                fields[index].isSurely(marks[place], contents)
                    || isAllowed(marks[place], contents, as: version.fields[index])
            else { return false }
            if fields[index].isKey, !contents.hasBytes(of: key) { return false }
        }
        // Of what is not declared the names have not been looked at.
        return known == marks.count
    }

    /// Of a string with a format or an `enum`.
    private borrowing func isAllowed(
        _ mark: FieldMark,
        _ contents: UnsafeRawBufferPointer,
        as field: FieldChecks
    ) -> Bool {
        mark.kind == .plainString && field.kind == .string && field.string.failure(of: contents) == nil
    }

    /// The value, a string without its quotes.
    @inline(__always)
    private borrowing func contents(of mark: FieldMark) -> UnsafeRawBufferPointer {
        let bytes = bytes(of: mark)
        switch mark.kind {
        case .uuid, .plainString: return UnsafeRawBufferPointer(rebasing: bytes[1..<bytes.count - 1])
        case .integer, .boolean, .other: return bytes
        }
    }
}

extension UnsafeBufferPointer<FieldMark> {
    /// Members mostly come in the order in which they are declared.
    @inline(__always)
    fileprivate func place(of name: UnsafeRawBufferPointer, expectedAt next: Int) -> Int? {
        if next < count, self[next].name.isBytes(name) { return next }
        for place in indices where self[place].name.isBytes(name) { return place }
        return nil
    }
}

extension StaticString {
    @inline(__always)
    fileprivate func isBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasPointerRepresentation else { return withUTF8Buffer { UnsafeRawBufferPointer($0).hasBytes(of: bytes) } }
        return UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount).hasBytes(of: bytes)
    }
}
