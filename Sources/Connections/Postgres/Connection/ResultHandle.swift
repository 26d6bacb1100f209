import CLibPQ

/// Owns one of libpq's results.
struct ResultHandle: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    enum Kind {
        case success
        case failure
        /// Not run, since an earlier one failed.
        case aborted
        case sync
        /// COPY, which this library does not speak.
        case unsupported
    }

    var kind: Kind {
        switch PQresultStatus(pointer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: .success
        case PGRES_PIPELINE_ABORTED: .aborted
        case PGRES_PIPELINE_SYNC: .sync
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR: .failure
        default: .unsupported
        }
    }

    /// The command tag: `COMMIT`, `INSERT 0 1`.
    var tag: String { String(cString: PQcmdStatus(pointer)) }

    /// The rows that the command changed; for a query, returned.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// The error that this result is.
    var error: PostgresError {
        func field(_ code: UnicodeScalar) -> String? {
            ConnectionHandle.text(PQresultErrorField(pointer, Int32(code.value)))
        }
        // The letters of the protocol's error fields; C's macros for them are not all imported.
        guard let state = field("C") else {
            return PostgresError(
                .connectionLost,
                "the connection to Postgres was lost",
                message: ConnectionHandle.text(PQresultErrorMessage(pointer))
            )
        }
        let severity = field("V") ?? field("S")
        var fields = PostgresError.Fields(code: .server, summary: "Postgres refused the statement")
        fields.isFatal = severity == "FATAL" || severity == "PANIC"
        if fields.isFatal {
            fields.code = .connectionLost
            fields.summary = "Postgres ended the session"
        }
        fields.sqlState = SQLState(rawValue: state)
        if !fields.isFatal, SQLState(rawValue: state).endsConnection {
            // The server would keep the session, and say the same again.
            fields.isFatal = true
            fields.code = .connectionLost
            fields.summary = "Postgres does not serve"
        }
        fields.message = field("M")
        fields.detail = field("D")
        fields.hint = field("H")
        fields.constraint = field("n")
        fields.isStaleStatement =
            state == SQLState.invalidStatementName.rawValue
            || state == SQLState.featureNotSupported.rawValue && field("R") == "RevalidateCachedQuery"
        return PostgresError(fields)
    }

    /// Decodes every row.
    func decodeRows<T>(_ decode: (borrowing Row) throws -> T) throws -> [T] {
        let count = PQntuples(pointer)
        guard count > 0 else { return [] }
        let columns = (0..<PQnfields(pointer)).map { index in
            Row.Column(name: String(cString: PQfname(pointer, index)), type: PostgresType(oid: PQftype(pointer, index)))
        }
        var values: [T] = []
        values.reserveCapacity(Int(count))
        for index in 0..<count {
            values.append(try decode(Row(result: pointer, index: index, columns: columns)))
        }
        return values
    }
}
