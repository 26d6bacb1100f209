import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Tracker

@Suite struct DeceptiveTitleTests {
    @Test(arguments: [
        ("Pay \u{202E}05", "U+202E"), ("Mend\u{2028}the coop", "U+2028"), ("Mend\u{2029}the coop", "U+2029"),
        ("Mend \u{200B}the coop", "U+200B"), ("\u{1B}]0;pwned\u{7}", "U+001B"), ("a\u{9B}2J", "U+009B"),
        ("a\u{2066}b", "U+2066"), ("a\u{E0041}b", "U+E0041"),
    ]) func aTitleThatDeceivesIsRefusedByItsCharacter(_ title: String, _ character: String) async throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        try await withAPI(Tracker.api(database: fixture.database)) { client in
            func create(_ body: String) async throws -> APIAnswer {
                try await client.call(.post, "/v1/tickets", as: .someone(.employee), body: body)
            }
            let json = title.unicodeScalars.map { scalar in
                scalar.value < 0x20
                    ? "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16) : "\(scalar)"
            }.joined()
            let answer = try await create(#"{"title": "\#(json)"}"#)
            #expect(answer.status == 422)
            let error = try answer.json["errors"]?.elements.first
            #expect(error?["name"]?.string == "title")
            #expect(error?["message"]?.string == "expected one line of visible characters, got \(character)")
        }
        #expect(try fixture.connection.execute("SELECT FROM tracker.tickets") == 0)
    }

    @Test func aDescriptionHasLinesAndNothingThatDeceives() throws {
        let fixture = try TrackerFixture()
        _ = try fixture.hire(1)
        func create(_ description: String) throws -> Ticket {
            try fixture.connection.transaction { tx in
                var generator = SystemRandomNumberGenerator()
                return try fixture.tickets.create(
                    title: "Mend the coop",
                    description: description,
                    by: .v7(),
                    in: tx,
                    using: &generator
                )
            }
        }
        #expect(try create("One\n\ttwo\r\nthree 👩‍💻").description == "One\n\ttwo\r\nthree 👩‍💻")
        for text in ["a\u{202E}b", "a\u{1B}[2Jb", "a\u{0}b", "a\u{200B}b"] {
            #expect { try create(text) } throws: { ($0 as? TicketError)?.field == "description" }
        }
    }
}
