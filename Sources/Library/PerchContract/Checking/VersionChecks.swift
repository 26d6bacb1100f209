import StrictJSON

/// One version of an event, compiled for checking. A class: it is handed on for each event, as one reference.
package final class VersionChecks: Sendable {
    let number: Int
    let fields: [FieldChecks]
    /// The place of the field that is the key; nil where no version of the contract has it.
    let key: Int?
    /// The same for what is written by name.
    let sureFields: SureFields

    init(_ version: EventVersion, key: String) {
        number = version.number
        fields = version.fields.map(FieldChecks.init)
        self.key = version.fields.firstIndex { $0.name == key }
        sureFields = SureFields(fields, key: self.key)
    }

    /// Everything that is wrong with an event's data and key; empty, and nothing is allocated, if it is as declared.
    func violations(
        key: UnsafeRawBufferPointer,
        data: UnsafeRawBufferPointer,
        reader: inout JSONReader
    ) -> [Violation] {
        if data.count > EventCoding.dataLimit {
            let expected = "at most \(EventCoding.dataLimit) bytes of data"
            return [Violation(expected: expected, got: "\(data.count) bytes")]
        }
        if let refused = read(data, &reader) { return [refused] }
        return reader.withNodes { nodes in
            guard let first = nodes.baseAddress else { return [] }
            let json = JSONNodes(text: data, nodes: first)
            var found: [Violation] = []
            fields.check(0, of: json, into: &found)
            checkKey(key, json, into: &found)
            return found
        }
    }

    /// The same of the data alone.
    func violations(data: [UInt8]) -> [Violation] {
        var reader = JSONReader()
        return data.withUnsafeBytes { data in
            if let refused = read(data, &reader) { return [refused] }
            return reader.withNodes { nodes in
                guard let first = nodes.baseAddress else { return [] }
                var found: [Violation] = []
                fields.check(0, of: JSONNodes(text: data, nodes: first), into: &found)
                return found
            }
        }
    }

    private func read(_ data: UnsafeRawBufferPointer, _ reader: inout JSONReader) -> Violation? {
        do throws(JSONError) {
            try reader.read(data)
        } catch {
            return Violation(expected: "one JSON object", got: error.description)
        }
        guard !reader.isObject else { return nil }
        return reader.withNodes {
            Violation(expected: "a JSON object", got: $0[0].summary(in: data), kind: $0[0].kindName)
        }
    }

    /// The key is the value of a field, character by character. One that is missing or no string has been told by then.
    private func checkKey(_ key: UnsafeRawBufferPointer, _ json: JSONNodes, into found: inout [Violation]) {
        guard let index = self.key else { return }
        let member = fields[index].name.withUnsafeBytes { json.nodes.member($0, of: 0, in: json.text) }
        guard let member else { return }
        let node = json[member]
        let isSame =
            node.kind == .string
            ? node.withString(in: json.text) { $0.hasBytes(of: key) } ?? false
            : node.bytes(in: json.text).hasBytes(of: key)
        if !isSame {
            found.append(
                Violation(
                    field: fields[index].nameText,
                    expected: "the event's key",
                    got: node.summary(in: json.text),
                    kind: "another"
                )
            )
        }
    }
}
