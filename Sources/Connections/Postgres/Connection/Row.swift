import CLibPQ

/// One row of a result, lent to a closure that decodes it.
public struct Row: ~Copyable {
    struct Column {
        let name: String
        let type: PostgresType
    }

    private let result: OpaquePointer
    private let index: Int32
    private let columns: [Column]

    /// The caller keeps the result for as long as it lends the row. Neither copyable nor handed out owned, a row cannot
    /// outlive the closure it is lent to.
    init(result: OpaquePointer, index: Int32, columns: [Column]) {
        self.result = result
        self.index = index
        self.columns = columns
    }

    /// The columns' names, in order.
    public var columnNames: [String] { columns.map(\.name) }

    /// The value of a column.
    /// - Throws: `.decoding`, naming the column, if there is none of this name, it is NULL or of another type.
    public func decode<T: PostgresDecodable>(
        _ column: String,
        as: T.Type = T.self
    ) throws(PostgresError) -> T {
        try decode(position(of: column))
    }

    /// The value of the column at an index, from 0.
    /// - Throws: `.decoding`, as by name.
    public func decode<T: PostgresDecodable>(
        _ column: Int,
        as: T.Type = T.self
    ) throws(PostgresError) -> T {
        guard columns.indices.contains(column) else {
            throw PostgresError(.decoding, "no column at index \(column); the row has \(columns.count)")
        }
        do throws(PostgresError) {
            guard PQgetisnull(result, index, Int32(column)) == 0 else { return try T.decodeNull() }
            let bytes = UnsafeRawBufferPointer(
                start: PQgetvalue(result, index, Int32(column)),
                count: Int(PQgetlength(result, index, Int32(column)))
            )
            return try T.decode(PostgresValue(type: columns[column].type, bytes: bytes))
        } catch {
            throw error.naming("column \(columns[column].name)")
        }
    }

    /// Whether a column is NULL, whatever its type.
    /// - Throws: `.decoding` if there is no column at this index.
    package func isNull(_ column: Int) throws(PostgresError) -> Bool {
        guard columns.indices.contains(column) else {
            throw PostgresError(.decoding, "no column at index \(column); the row has \(columns.count)")
        }
        return PQgetisnull(result, index, Int32(column)) != 0
    }

    /// The bytes of a column in Postgres's binary format, whatever its type; nil for NULL, which has none. To be used only
    /// while the row is lent.
    /// - Throws: `.decoding` if there is no column at this index.
    package func bytes(_ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer? {
        guard columns.indices.contains(column) else {
            throw PostgresError(.decoding, "no column at index \(column); the row has \(columns.count)")
        }
        guard PQgetisnull(result, index, Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, index, Int32(column)),
            count: Int(PQgetlength(result, index, Int32(column)))
        )
    }

    /// The value of a column, nil for NULL.
    /// - Throws: `.decoding`, naming the column, if there is none of this name or it is of another type.
    public func decodeIfPresent<T: PostgresDecodable>(
        _ column: String,
        as: T.Type = T.self
    ) throws(PostgresError) -> T? {
        try decode(position(of: column), as: T?.self)
    }

    /// The value of the column at an index, from 0; nil for NULL.
    /// - Throws: `.decoding`, as by name.
    public func decodeIfPresent<T: PostgresDecodable>(
        _ column: Int,
        as: T.Type = T.self
    ) throws(PostgresError) -> T? {
        try decode(column, as: T?.self)
    }

    private func position(of name: String) throws(PostgresError) -> Int {
        guard let position = columns.firstIndex(where: { $0.name == name }) else {
            let names = columns.map(\.name).joined(separator: ", ")
            throw PostgresError(.decoding, "no column \(name); the row has \(names)")
        }
        return position
    }
}
