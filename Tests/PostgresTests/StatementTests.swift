import Postgres
import Testing

@Suite struct StatementTests {
    @Test func interpolationBindsAndNeverPastes() {
        let name = "'; DROP TABLE users; --"
        let sql: SQL = "SELECT * FROM users WHERE name = \(name) AND age > \(18)"
        #expect(sql.text == "SELECT * FROM users WHERE name = $1 AND age > $2")
        #expect(sql.description == sql.text)
    }

    @Test func anIdentifierIsQuoted() {
        let sql: SQL = "SELECT 1 FROM \(identifier: "we\"ird; DROP") \(raw: "ORDER BY 1")"
        #expect(sql.text == "SELECT 1 FROM \"we\"\"ird; DROP\" ORDER BY 1")
    }

    @Test func aPieceOfOneCharacterIsText() {
        let sql: SQL = "(\(1),\(2))"
        #expect(sql.text == "($1,$2)")
        #expect(("é" as SQL).text == "é")
    }

    @Test(arguments: [0, 1, 2, 7, 8, 9, 20])
    func manyPartsOfAllKindsKeepTheirOrder(_ count: Int) {
        func statement(_ end: StaticString) -> (one: SQL, other: SQL) {
            var interpolation = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
            for n in 0..<count {
                interpolation.appendLiteral("a")
                interpolation.appendInterpolation(n)
                interpolation.appendInterpolation(identifier: "c\(n)")
            }
            // A copy is a value of its own.
            var copy = interpolation
            copy.appendLiteral(end)
            interpolation.appendInterpolation(0)
            return (SQL(stringInterpolation: interpolation), SQL(stringInterpolation: copy))
        }
        let text = (0..<count).map { "a$\($0 + 1)\"c\($0)\"" }.joined()
        #expect(statement("z").one.text == text + "$\(count + 1)")
        #expect(statement("z").other.text == text + "z")
    }

    @Test func stateAndCodesMatchInPatterns() {
        let state: SQLState? = SQLState(rawValue: "23505")
        switch state {
        case .uniqueViolation: break
        default: Issue.record("not matched")
        }
        #expect(SQLState.uniqueViolation.description == "23505 unique_violation")
        #expect(SQLState(rawValue: "XX999").description == "XX999")
        #expect(SQLState.tooManyConnections.errorClass == "53")
    }
}
