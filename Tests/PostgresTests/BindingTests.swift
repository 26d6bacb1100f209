import Foundation
import Postgres
import Testing

@Suite struct BindingTests {
    private enum Colour: String, PostgresCodable { case red, green }

    private func comesBack<T: PostgresCodable & Equatable>(
        _ values: [T],
        as type: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let connection = try TestDatabase().connect()
        for value in values {
            #expect(try connection.value("SELECT \(value)") == value, sourceLocation: sourceLocation)
        }
        let typeName = try connection.value("SELECT pg_typeof(\(values[0]))::text", as: String.self)
        #expect(typeName == type, sourceLocation: sourceLocation)
        // NULL, an array, an array with NULLs, an empty array.
        #expect(try connection.value("SELECT \(T?.none)", as: T?.self) == .some(nil), sourceLocation: sourceLocation)
        #expect(try connection.value("SELECT \(values)") == values, sourceLocation: sourceLocation)
        let holes: [T?] = [nil] + values.map { $0 } + [nil]
        #expect(try connection.value("SELECT \(holes)") == holes, sourceLocation: sourceLocation)
        #expect(try connection.value("SELECT \([T]())") == [T](), sourceLocation: sourceLocation)
        let first = try connection.value("SELECT (\(values))[1]", as: T.self)
        #expect(first == values[0], sourceLocation: sourceLocation)
        let count = try connection.value("SELECT cardinality(\(holes))", as: Int.self)
        #expect(count == holes.count, sourceLocation: sourceLocation)
    }

    @Test func integersComeBack() throws {
        try comesBack([0, 1, -1, Int.max, Int.min], as: "bigint")
        try comesBack([Int64.min, 7, .max], as: "bigint")
        try comesBack([Int32.min, 7, .max], as: "integer")
        try comesBack([Int16.min, 7, .max], as: "smallint")
    }

    @Test func truthComesBack() throws {
        try comesBack([true, false], as: "boolean")
    }

    @Test func doublesComeBack() throws {
        try comesBack([0, -1.5, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude], as: "double precision")
    }

    @Test func textsComeBack() throws {
        try comesBack(["", "a", "naïve 👩‍🚀 \\ ' \" $1 {,}", String(repeating: "x", count: 100_000)], as: "text")
    }

    @Test func uuidsComeBack() throws {
        try comesBack([UUID(), UUID()], as: "uuid")
        let connection = try TestDatabase().connect()
        let id = UUID()
        #expect(try connection.value("SELECT \(id)::text") == id.uuidString.lowercased())
    }

    @Test func timestampsComeBack() throws {
        let times = [0, 1, -1, 1_795_372_255_123_456].map { Timestamp(microsecondsSince1970: $0) }
        try comesBack(times, as: "timestamp with time zone")
        let connection = try TestDatabase().connect()
        let text = "2026-11-22T18:30:55.123Z"
        #expect(try connection.value("SELECT \(text)::text::timestamptz", as: Timestamp.self)?.description == text)
        #expect(
            postgresError { _ = try connection.value("SELECT 'infinity'::timestamptz", as: Timestamp.self) }?.code
                == .decoding
        )
        #expect(
            postgresError { _ = try connection.value("SELECT '-infinity'::timestamptz", as: Timestamp.self) }?.code
                == .decoding
        )
    }

    @Test func datesComeBack() throws {
        try comesBack(
            ["0001-01-01", "1969-12-31", "2026-11-22", "9999-12-31"].compactMap(CalendarDate.init),
            as: "date"
        )
        let connection = try TestDatabase().connect()
        #expect(try connection.value("SELECT '2024-02-29'::date", as: CalendarDate.self)?.description == "2024-02-29")
    }

    @Test func jsonComesBack() throws {
        try comesBack([JSON(text: "{\"a\" : [1, null]}"), JSON(text: "\"x\"")], as: "json")
        try comesBack([JSONB(text: "{\"a\": [1, null]}"), JSONB(text: "7")], as: "jsonb")
        let connection = try TestDatabase().connect()
        #expect(try connection.value("SELECT \(JSONB(text: "{\"a\":1}"))", as: String.self) == "{\"a\": 1}")
    }

    @Test func bytesComeBack() throws {
        let connection = try TestDatabase().connect()
        let values: [[UInt8]] = [[], [0], Array(0...255), Array(repeating: 0, count: 1_000_000)]
        for bytes in values { #expect(try connection.value("SELECT \(bytes)") == bytes) }
        #expect(try connection.value("SELECT \(values)") == values)
        #expect(try connection.value("SELECT \([UInt8]?.none)", as: [UInt8]?.self) == .some(nil))
        #expect(try connection.value("SELECT pg_typeof(\(values))::text") == "bytea[]")
    }

    @Test func aTypeWithARawValueIsBoundByIt() throws {
        try comesBack([Colour.red, .green], as: "text")
        let connection = try TestDatabase().connect()
        let error = postgresError { _ = try connection.value("SELECT 'blue'", as: Colour.self) }
        #expect(error?.code == .decoding)
    }

    @Test func anIntReadsNarrowerColumnsAndNotWiderOnes() throws {
        let connection = try TestDatabase().connect()
        #expect(try connection.value("SELECT 5::int2", as: Int.self) == 5)
        #expect(try connection.value("SELECT -5::int4", as: Int.self) == -5)
        let error = postgresError { _ = try connection.value("SELECT 5::int8 AS big", as: Int32.self) }
        #expect(error?.message.contains("column big: expected Int32, found int8") == true)
    }

    @Test func textReadsWhatIsText() throws {
        let connection = try TestDatabase().connect()
        for sql: SQL in [
            "SELECT 'a'", "SELECT 'a'::varchar(5)", "SELECT 'a'::name", "SELECT 'a'::char(1)", "SELECT 'a'::text",
        ] {
            #expect(try connection.value(sql) == "a")
        }
        #expect(try connection.value("SELECT '{}'::json") == "{}")
        #expect(try connection.value("SELECT '{}'::jsonb") == "{}")
    }

    @Test func aNULCharacterIsRefusedAndTheConnectionUsable() throws {
        let connection = try TestDatabase().connect()
        let error = try #require(postgresError { try connection.execute("SELECT \(1), \("a\0b")") })
        #expect(error.code == .encoding)
        #expect(error.description.contains("parameter $2"))
        #expect(error.statement == "SELECT $1, $2")
        #expect(postgresError { try connection.execute("SELECT \(["a", "\0"])") }?.code == .encoding)
        #expect(postgresError { try connection.execute("SELECT 1 \0") }?.code == .encoding)
        #expect(try connection.value("SELECT 1", as: Int.self) == 1)
    }

    @Test func aWrongTypeNamesColumnTypeAndExpectation() throws {
        let connection = try TestDatabase().connect()
        let error = try #require(postgresError { _ = try connection.value("SELECT 'x'::text AS title", as: UUID.self) })
        #expect(error.code == .decoding)
        #expect(error.description.contains("column title: expected UUID, found text"))
        let unknown = postgresError { _ = try connection.value("SELECT 1.5 AS price", as: Double.self) }
        #expect(unknown?.description.contains("column price: expected Double, found numeric") == true)
        let array = postgresError { _ = try connection.value("SELECT ARRAY[[1,2],[3,4]] AS m", as: [Int].self) }
        #expect(array?.description.contains("2 dimensions") == true)
        #expect(try connection.value("SELECT 1", as: Int.self) == 1)
    }

    @Test func nullIsAnErrorUnlessAskedFor() throws {
        let connection = try TestDatabase().connect()
        let error = postgresError { _ = try connection.value("SELECT NULL::text AS note", as: String.self) }
        #expect(error?.code == .decoding)
        #expect(error?.description.contains("column note: expected String, found NULL") == true)
        let notes = try connection.query("SELECT NULL::text AS note, 'x' AS other") { row in
            (try row.decodeIfPresent("note", as: String.self), try row.decodeIfPresent(1, as: String.self))
        }
        #expect(notes.first?.0 == nil)
        #expect(notes.first?.1 == "x")
        #expect(postgresError { _ = try connection.value("SELECT ARRAY[1, NULL]", as: [Int].self) }?.code == .decoding)
    }

    @Test func aMissingColumnNamesThoseThatAreThere() throws {
        let connection = try TestDatabase().connect()
        let error = postgresError {
            _ = try connection.query("SELECT 1 AS a, 2 AS b") { row in try row.decode("c", as: Int.self) }
        }
        #expect(error?.description.contains("no column c; the row has a, b") == true)
        #expect(
            postgresError { _ = try connection.query("SELECT 1") { try $0.decode(1, as: Int.self) } }?.code == .decoding
        )
    }

    @Test func manyRowsAreDecodedInOrder() throws {
        let connection = try TestDatabase().connect()
        let numbers = try connection.query("SELECT n FROM generate_series(1, \(50_000)) AS n") { row in
            try row.decode("n", as: Int.self)
        }
        #expect(numbers == Array(1...50_000))
    }

    /// Few values lie in the statement itself, more of them elsewhere.
    @Test func valuesComeBackInOrderHoweverManyThereAre() throws {
        let connection = try TestDatabase().connect()
        for count in 1...40 {
            let values = (0..<count).map { $0 % 7 == 3 ? nil : String(repeating: "x", count: $0) }
            var interpolation = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
            interpolation.appendLiteral("SELECT ARRAY[")
            for (index, value) in values.enumerated() {
                if index > 0 { interpolation.appendLiteral(", ") }
                interpolation.appendInterpolation(value)
            }
            interpolation.appendLiteral("]::text[]")
            let sql = SQL(stringInterpolation: interpolation)
            for _ in 0..<2 { #expect(try connection.value(sql, as: [String?].self) == values) }
        }
    }

    @Test func aValueWithoutBytesInARowIsWrittenOneByOne() throws {
        struct Numbers: PostgresEncodable {
            static let postgresType = PostgresType.bytea
            let count: Int
            func encode(into buffer: inout PostgresBuffer) {
                buffer.append(contentsOf: (0..<count).lazy.map { UInt8(truncatingIfNeeded: $0) })
                buffer.append(UInt16(0xABCD))
            }
        }
        let connection = try TestDatabase().connect()
        for count in [0, 5, 122, 123, 1000] {
            let expected = (0..<count).map { UInt8(truncatingIfNeeded: $0) } + [0xAB, 0xCD]
            #expect(try connection.value("SELECT \(Numbers(count: count))") == expected)
        }
    }

    @Test func tooManyValuesAreRefused() throws {
        let connection = try TestDatabase().connect()
        var interpolation = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        for _ in 0..<65_536 { interpolation.appendInterpolation(1) }
        let sql = SQL(stringInterpolation: interpolation)
        #expect(postgresError { try connection.execute(sql) }?.code == .encoding)
        #expect(!connection.isDead)
    }
}
