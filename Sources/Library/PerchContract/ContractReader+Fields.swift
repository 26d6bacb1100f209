import Yams

extension ContractReader {
    /// The fields of an event, or of an object in one.
    ///
    /// - Parameter depth: How many arrays and objects they lie in.
    func readFields(_ node: Node, at path: String, depth: Int) -> [Field]? {
        readEntries(of: node, at: path) { readField(named: $0, $1, at: $2, depth: depth) }
    }

    private func readField(named name: String, _ node: Node, at path: String, depth: Int) -> Field? {
        let known = [
            "description", "type", "format", "enum", "required", "private", "minimum", "maximum", "minLength",
            "maxLength",
            "fields", "items", "minItems", "maxItems",
        ]
        guard let field = readMapping(node, at: path, known: known) else { return nil }
        let type = readRequired("type", in: field, of: node, at: path) {
            readChoice($0, at: $1, among: FieldType.all)
        }
        guard let type else { return nil }
        if type == .array || type == .object, depth >= Field.depthLimit {
            return fail(
                node,
                path,
                "arrays and objects within one another at most \(Field.depthLimit) deep",
                got: "one more"
            )
        }
        var fields: [Field]?
        var items: Field?
        if type == .object {
            fields = readRequired("fields", in: field, of: node, at: path) { readFields($0, at: $1, depth: depth + 1) }
        } else if let fields = field["fields"] {
            report(fields, "\(path).fields", "fields of an object only", got: "those of the type \(type)")
        }
        if type == .array {
            items = readRequired("items", in: field, of: node, at: path) {
                readField(named: "items", $0, at: $1, depth: depth + 1)
            }
            if let required = items == nil ? nil : field["items"]?.mapping?["required"] {
                report(required, "\(path).items.required", "an element to be there by being one", got: "`required`")
            }
        } else if let items = field["items"] {
            report(items, "\(path).items", "items of an array only", got: "those of the type \(type)")
        }
        return Field(
            name: name,
            description: field["description"].flatMap { readString($0, at: "\(path).description") } ?? "",
            type: type,
            format: field["format"].flatMap { readChoice($0, at: "\(path).format", among: FieldFormat.all) },
            allowed: field["enum"].flatMap { readStrings($0, at: "\(path).enum") },
            isRequired: field["required"].flatMap { readBoolean($0, at: "\(path).required") } ?? true,
            isPrivate: field["private"].flatMap { readBoolean($0, at: "\(path).private") } ?? false,
            minimum: field["minimum"].flatMap { readInteger($0, at: "\(path).minimum") }.map(Int64.init),
            maximum: field["maximum"].flatMap { readInteger($0, at: "\(path).maximum") }.map(Int64.init),
            minLength: field["minLength"].flatMap { readInteger($0, at: "\(path).minLength") },
            maxLength: field["maxLength"].flatMap { readInteger($0, at: "\(path).maxLength") },
            minItems: field["minItems"].flatMap { readInteger($0, at: "\(path).minItems") },
            maxItems: field["maxItems"].flatMap { readInteger($0, at: "\(path).maxItems") },
            fields: fields ?? [],
            items: items
        )
    }
}
