/// Which columns are not compared, and the first difference in the others.
struct ColumnMask {
    /// As `table.column` or `schema.table.column`.
    let names: Set<String>
    /// Found out: by table.
    private var drawn: [String: Set<String>] = [:]

    init(names: Set<String>) { self.names = names }

    /// Leaves out what differs between two runs that are the same.
    ///
    /// - Returns: A table whose number of rows differs; nil: none.
    mutating func learn(_ first: DatabaseSnapshot, _ second: DatabaseSnapshot) -> String? {
        for (one, other) in zip(first.tables, second.tables) {
            guard one.rows.count == other.rows.count else { return one.name }
            for column in Set(one.rows.flatMap(\.keys)) {
                let values = [one, other].map { table in table.rows.map { $0[column].flatMap(\.self) ?? "" }.sorted() }
                if values[0] != values[1] { drawn[one.name, default: []].insert(column) }
            }
        }
        return nil
    }

    /// In plain words; nil: there is none.
    func difference(from expected: DatabaseSnapshot, to found: DatabaseSnapshot) -> String? {
        guard expected.tables.map(\.name) == found.tables.map(\.name) else { return "it has other tables" }
        for (expected, found) in zip(expected.tables, found.tables) {
            var missing = expected.rows.map { shown($0, of: expected) }
            var extra: [DatabaseSnapshot.Row] = []
            for row in found.rows.map({ shown($0, of: found) }) {
                if let index = missing.firstIndex(of: row) { missing.remove(at: index) } else { extra.append(row) }
            }
            if let difference = difference(in: expected, missing: missing, extra: extra) { return difference }
        }
        return nil
    }

    private func difference(
        in table: DatabaseSnapshot.Table,
        missing: [DatabaseSnapshot.Row],
        extra: [DatabaseSnapshot.Row]
    ) -> String? {
        let name = table.name == "published" ? "what is published" : "table \(table.name)"
        let key = table.key.filter { !isHidden($0, of: table) }
        let here = extra.sorted { text($0) < text($1) }
        for row in missing.sorted(by: { text($0) < text($1) }) where !key.isEmpty {
            guard let other = here.first(where: { other in key.allSatisfy { other[$0] == row[$0] } }) else { continue }
            let columns = row.keys.filter { other[$0] != row[$0] }.sorted()
            let changes = columns.map { "\($0) is \(value(other[$0])) instead of \(value(row[$0]))" }
            return "\(name), row \(text(row.filter { key.contains($0.key) })): \(changes.joined(separator: ", "))"
        }
        if let row = here.first {
            return "\(name) has \(extra.count) row\(extra.count == 1 ? "" : "s") too many: \(text(row))"
        }
        if let row = missing.min(by: { text($0) < text($1) }) {
            return "\(name) lacks \(missing.count) row\(missing.count == 1 ? "" : "s"): \(text(row))"
        }
        return nil
    }

    private func shown(_ row: DatabaseSnapshot.Row, of table: DatabaseSnapshot.Table) -> DatabaseSnapshot.Row {
        row.filter { !isHidden($0.key, of: table) }
    }

    private func isHidden(_ column: String, of table: DatabaseSnapshot.Table) -> Bool {
        let short = table.name.split(separator: ".").last.map(String.init) ?? table.name
        return table.drawn.contains(column) || drawn[table.name]?.contains(column) == true
            || names.contains("\(table.name).\(column)") || names.contains("\(short).\(column)")
    }

    private func text(_ row: DatabaseSnapshot.Row) -> String {
        let fields = row.sorted { $0.key < $1.key }.map { "\($0.key): \(value($0.value))" }
        return "{\(fields.joined(separator: ", "))}"
    }

    private func value(_ value: String??) -> String {
        guard let text = value.flatMap(\.self) else { return "NULL" }
        return text.count > 80 ? "\(text.prefix(80))…" : text
    }
}
