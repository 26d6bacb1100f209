import Foundation
import Postgres
import Testing

/// Values of Foundation, bound and read.
@Suite struct FoundationValueTests {
    private func comesBack<T: PostgresCodable & Equatable>(_ values: [T], as type: String) throws {
        let connection = try TestDatabase().connect()
        for value in values { #expect(try connection.value("SELECT \(value)") == value) }
        #expect(try connection.value("SELECT pg_typeof(\(values[0]))::text", as: String.self) == type)
        #expect(try connection.value("SELECT \(T?.none)", as: T?.self) == .some(nil))
        let holes: [T?] = [nil] + values.map { $0 }
        #expect(try connection.value("SELECT \(holes)") == holes)
        #expect(try connection.value("SELECT \(values)") == values)
        #expect(try connection.value("SELECT \([T]())") == [T]())
    }

    @Test func datesComeBack() throws {
        let seconds = [0, -1, 1_795_372_255.123_456, -62_135_596_800, 253_402_300_799.999]
        try comesBack(seconds.map { Date(timeIntervalSince1970: $0) }, as: "timestamp with time zone")
        let connection = try TestDatabase().connect()
        let date = Date(timeIntervalSince1970: 1_795_372_255.123)
        let text = try connection.value(
            "SELECT to_char(\(date) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
            as: String.self
        )
        #expect(text == "2026-11-22 18:30:55.123000")
        for wrong in [Double.nan, .infinity, 1e18] {
            let error = postgresError {
                _ = try connection.value("SELECT \(Date(timeIntervalSince1970: wrong))", as: Date.self)
            }
            #expect(error?.code == .encoding)
        }
    }

    @Test func dataComesBack() throws {
        try comesBack([Data(), Data([0, 1, 255]), Data(repeating: 7, count: 10_000)], as: "bytea")
        // A slice has indices of its own.
        let connection = try TestDatabase().connect()
        #expect(try connection.value("SELECT \(Data([1, 2, 3, 4])[1...2])") == Data([2, 3]))
        #expect(try connection.value("SELECT \(Data([1, 2]))", as: [UInt8].self) == [1, 2])
    }

    @Test func floatsComeBack() throws {
        try comesBack([0, 0.1, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] as [Float], as: "real")
        let connection = try TestDatabase().connect()
        #expect(postgresError { _ = try connection.value("SELECT 0.1::float8", as: Float.self) }?.code == .decoding)
    }

    private static let decimals = [
        "0", "1", "-1", "10", "9999", "10000", "0.1", "-0.05", "0.0001", "0.00001", "12345.6789", "100000000.00000001",
        "12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678", "1e100", "-1e-100",
    ]

    @Test func decimalsComeBack() throws {
        try comesBack(Self.decimals.compactMap { Decimal(string: $0) }, as: "numeric")
        let connection = try TestDatabase().connect()
        for text in Self.decimals {
            let decimal = try #require(Decimal(string: text))
            #expect(try connection.value("SELECT \(decimal) = \(text)::numeric", as: Bool.self) == true, "\(text)")
            #expect(try connection.value("SELECT \(text)::numeric", as: Decimal.self) == decimal, "\(text)")
        }
        for _ in 0..<500 {
            let digits = (0..<Int.random(in: 1...38)).map { _ in "\(Int.random(in: 0...9))" }.joined()
            let text = "\(Bool.random() ? "-" : "")\(digits)e\(Int.random(in: -60...60))"
            let decimal = try #require(Decimal(string: text))
            #expect(try connection.value("SELECT \(text)::numeric", as: Decimal.self) == decimal, "\(text)")
            #expect(try connection.value("SELECT \(decimal) = \(text)::numeric", as: Bool.self) == true, "\(text)")
        }
        #expect(try connection.value("SELECT 7::int4", as: Decimal.self) == 7)
        #expect(try connection.value("SELECT sum(x) FROM unnest(\([1, 2, 3])) x", as: Decimal.self) == 6)
    }

    @Test func aNumericThatIsNoDecimalIsAnError() throws {
        let connection = try TestDatabase().connect()
        for text in ["NaN", "Infinity", "-Infinity", String(repeating: "7", count: 39), "1e200", "1e-200"] {
            let error = postgresError { _ = try connection.value("SELECT \(text)::numeric", as: Decimal.self) }
            #expect(error?.code == .decoding, "\(text)")
        }
        #expect(
            postgresError { _ = try connection.value("SELECT \(Decimal.nan)", as: Decimal.self) }?.code == .encoding
        )
    }
}
