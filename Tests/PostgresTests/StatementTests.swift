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
