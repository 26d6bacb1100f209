import Yams

extension ContractReader {
    /// The entries of a mapping of which all keys are known.
    func readMapping(_ node: Node, at path: String, known: [String]) -> [String: Node]? {
        remember(node, path)
        guard let mapping = node.mapping else { return fail(node, path, "a mapping with \(Self.list(known))") }
        var entries: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if known.contains(name) {
                entries[name] = value
            } else {
                report(
                    key,
                    path,
                    "one of \(Self.list(known))",
                    got: "`\(name)`\(NearestName.hint(for: name, in: known))"
                )
            }
        }
        return entries
    }

    /// The entries of a mapping with names of its own, in their order.
    func readEntries<T>(
        of node: Node,
        at path: String,
        _ read: (String, Node, String) -> T?
    ) -> [T]? {
        remember(node, path)
        guard let mapping = node.mapping else { return fail(node, path, "a mapping") }
        var entries: [T] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string, !name.isEmpty else {
                report(key, path, "a name as the key")
                continue
            }
            let place = "\(path).\(name)"
            if let entry = read(name, value, place) { entries.append(entry) }
            // Where the name stands says more than where its value begins.
            if let mark = key.mark { marks[place] = mark }
        }
        return entries
    }

    func readRequired<T>(
        _ name: String,
        in entries: [String: Node],
        of node: Node,
        at path: String = "",
        _ read: (Node, String) -> T?
    ) -> T? {
        let place = path.isEmpty ? name : "\(path).\(name)"
        guard let value = entries[name] else { return fail(node, place, "a value", got: "nothing: it is required") }
        remember(value, place)
        return read(value, place)
    }

    func readString(_ node: Node, at path: String) -> String? {
        remember(node, path)
        guard let scalar = node.scalar, node.tag == Tag(.str) else {
            return fail(node, path, node.scalar == nil ? "a string" : "a string, in quotes if need be")
        }
        return scalar.string
    }

    func readStrings(_ node: Node, at path: String) -> [String]? {
        remember(node, path)
        guard let sequence = node.sequence else { return fail(node, path, "a list of strings") }
        return sequence.enumerated().compactMap { readString($1, at: "\(path)[\($0)]") }
    }

    func readInteger(_ node: Node, at path: String) -> Int? {
        remember(node, path)
        guard node.tag == Tag(.int), let integer = node.int else { return fail(node, path, "a whole number") }
        return integer
    }

    func readBoolean(_ node: Node, at path: String) -> Bool? {
        remember(node, path)
        guard node.tag == Tag(.bool), let boolean = node.bool else { return fail(node, path, "true or false") }
        return boolean
    }

    func readChoice<T: RawRepresentable<String>>(
        _ node: Node,
        at path: String,
        among choices: [T]
    ) -> T? {
        remember(node, path)
        let names = choices.map(\.rawValue)
        let name = node.scalar?.string ?? ""
        if let choice = choices.first(where: { $0.rawValue == name }) { return choice }
        return fail(
            node,
            path,
            "one of \(Self.list(names))",
            got: "\(Self.name(of: node))\(NearestName.hint(for: name, in: names))"
        )
    }

    // MARK: Problems

    func remember(_ node: Node, _ path: String) {
        if let mark = node.mark { marks[path] = mark }
    }

    /// Reports a problem. Returns nil, for the caller to return.
    func fail<T>(_ node: Node, _ path: String, _ expected: String, got: String? = nil) -> T? {
        report(node, path, expected, got: got)
        return nil
    }

    func report(_ node: Node, _ path: String, _ expected: String, got: String? = nil) {
        problems.append(
            ContractProblem(
                file: file,
                line: node.mark?.line,
                column: node.mark?.column,
                path: path,
                message: "expected \(expected), got \(got ?? Self.name(of: node))"
            )
        )
    }

    private static func name(of node: Node) -> String {
        switch node {
        case .scalar(let scalar): node.tag == Tag(.null) ? "nothing" : "`\(scalar.string)`"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    static func problem(of error: any Error, in file: String) -> ContractProblem {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            ContractProblem(file: file, line: mark.line, column: mark.column, message: "not valid YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            ContractProblem(
                file: file,
                line: context.mark.line,
                column: context.mark.column,
                message: "expected every key once, got \(duplicates.map { "`\($0)`" }.joined(separator: ", ")) again"
            )
        default:
            ContractProblem(file: file, message: "not valid YAML: \(error)")
        }
    }
}
