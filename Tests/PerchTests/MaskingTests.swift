import Perch
import PerchOperating
import Testing

@Suite struct MaskingTests {
    static let file = """
        owner: auth
        key: user_id
        partitions: 2
        retention: forever
        archive: forever
        groups: []
        events:
          user_created:
            versions:
              1:
                fields:
                  user_id: {type: string}
                  born: {type: integer, required: false}
              2:
                fields:
                  user_id: {type: string}
                  born: {type: integer, required: false, private: true}
                  email: {type: string, private: true}
                  role: {type: string, required: false}
                  pay: {type: number, required: false, private: true}
                  tags: {type: array, required: false, items: {type: string}}
                  codes: {type: array, required: false, items: {type: string, private: true}}
                  home:
                    type: object
                    required: false
                    fields: {street: {type: string, private: true}, city: {type: string}}
                  notes:
                    type: array
                    required: false
                    items: {type: object, fields: {by: {type: string, private: true}, at: {type: integer}}}
                  bank: {type: object, required: false, private: true, fields: {iban: {type: string}}}
        """

    static let contract = Result { try Contract.load(texts: ["users": file]) }

    static func masking(_ json: String, type: EventType = "user_created", version: Int = 2) throws -> Masking {
        Masking(Array(json.utf8), of: type, version: version, in: try contract.get())
    }

    @Test(arguments: [
        (
            #"{"user_id":"7","email":"ann@example.com","role":"admin"}"#,
            #"{"user_id":"7","email":"•••","role":"admin"}"#
        ),
        // Order, spaces and digits stay as they are.
        (
            "{ \"role\" :\t\"a\\u0062\" ,\n \"born\": 12345678901234567890 , \"user_id\":\"x\"}  ",
            "{ \"role\" :\t\"a\\u0062\" ,\n \"born\": \"•••\" , \"user_id\":\"x\"}  "
        ),
        (
            #"{"user_id":"é\/","home":{"city":"Oslo","street":"Elm 5"}}"#,
            #"{"user_id":"é\/","home":{"city":"Oslo","street":"•••"}}"#
        ),
        (
            #"{"notes":[{"at":1e3,"by":"Bo"},{"by":"Al","at":2}]}"#,
            #"{"notes":[{"at":1e3,"by":"•••"},{"by":"•••","at":2}]}"#
        ),
        (#"{"tags":["a","b"],"codes":["c","d"]}"#, #"{"tags":["a","b"],"codes":["•••","•••"]}"#),
        (#"{"bank":{"iban":"DE1"},"pay":12.50}"#, #"{"bank":"•••","pay":"•••"}"#),
        // A key that is written with escapes is the same key.
        (#"{"em\u0061il":"ann@example.com","r\u006fle":"x"}"#, #"{"em\u0061il":"•••","r\u006fle":"x"}"#),
        // Nothing is declared of these, or something else.
        (
            #"{"email2":"ann","role":{"deep":"ann"},"tags":"ann","home":["ann"]}"#,
            #"{"•••":"•••","role":"•••","tags":"•••","home":"•••"}"#
        ),
        (
            #"{"email":null,"role":null,"tags":null,"notes":[null]}"#,
            #"{"email":"•••","role":null,"tags":null,"notes":[null]}"#
        ),
        (#"{"home":{"city":["Elm 5"],"other":1}}"#, #"{"home":{"city":"•••","•••":"•••"}}"#),
        // Each key once.
        (
            #"{"Ann":1,"user_id":"7","Bo":{"x":2},"notes":[{"Al":3},{"Al":4,"Cy":5}]}"#,
            #"{"•••":"•••","user_id":"7","•••2":"•••","notes":[{"•••":"•••"},{"•••":"•••","•••2":"•••"}]}"#
        ),
        ("{}", "{}"),
    ])
    func onlyWhatIsDeclaredAndNotPrivateIsShown(_ json: String, _ shown: String) throws {
        #expect(try String(decoding: Self.masking(json).data, as: UTF8.self) == shown)
    }

    @Test func whatIsPrivateInOneVersionIsSoInAll() throws {
        let masking = try Self.masking(#"{"user_id":"7","born":1990}"#, version: 1)
        #expect(String(decoding: masking.data, as: UTF8.self) == #"{"user_id":"7","born":"•••"}"#)
        #expect(masking.isMasked)
        #expect(try !Self.masking(#"{"user_id":"7"}"#, version: 1).isMasked)
    }

    @Test(arguments: [
        "", "   ", "ann@example.com", "{\"email\":\"ann@example.com\"", #"{"email":"a","email":"ann@example.com"}"#,
        #"{"role":"ann@example.com","r\u006fle":"b"}"#, #"{"email":"ann@example.com"} x"#,
        #"{"role":"ann@example.com\u0000"}"#,
        #"{"role":"\ud800 ann@example.com"}"#, #""ann@example.com""#, #"["ann@example.com"]"#,
        #"[12345678901234567890, "ann@example.com"]"#,
        #"{"tags":"# + String(repeating: "[", count: 40) + #""ann@example.com""# + String(repeating: "]", count: 40)
            + "}",
        String(repeating: "[", count: 60_000),
        #"{"role":"ann@example.com"# + String(repeating: "x", count: 65_600) + #""}"#,
    ])
    func dataThatIsNotReadAsTheContractSaysIsMaskedWhole(_ json: String) throws {
        let masking = try Self.masking(json)
        #expect(String(decoding: masking.data, as: UTF8.self).trimmingSpaces == #""•••""#)
        #expect(masking.isMasked)
        #expect(!masking.text("refused: ann@example.com").contains("example"))
    }

    @Test func bytesThatAreNoTextAreMaskedWhole() throws {
        let contract = try Self.contract.get()
        let data = Array(#"{"role":""#.utf8) + [0xFF, 0xC0] + Array(#"ann@example.com"}"#.utf8)
        let masking = Masking(data, of: "user_created", version: 2, in: contract)
        #expect(String(decoding: masking.data, as: UTF8.self) == #""•••""#)
    }

    @Test(arguments: [("user_created", 3), ("user_created", 0), ("user_removed", 1)])
    func anEventThatTheContractDoesNotKnowIsMaskedWholeAndSoIsWhatIsSaidOfIt(_ type: String, _ version: Int) throws {
        let json = #"{"user_id":"7","role":"treasurer","extra":{"Ann Archer":1}}"#
        let masking = try Self.masking(json, type: EventType(rawValue: type), version: version)
        #expect(String(decoding: masking.data, as: UTF8.self) == #""•••""#)
        #expect(masking.text("refused: treasurer, of Ann Archer") == "refused: •••, of •••")
    }

    @Test func aLargeEventIsMaskedAndSoIsATextOfItsValues() throws {
        let codes = (0..<5500).map { "\"c\(1_000_000 + $0)\"" }
        let json = #"{"codes":["# + codes.joined(separator: ",") + #"],"role":"x"}"#
        try #require(json.utf8.count < 65_536)
        let masking = try Self.masking(json)
        let expected = #"{"codes":["# + codes.map { _ in #""•••""# }.joined(separator: ",") + #"],"role":"x"}"#
        #expect(String(decoding: masking.data, as: UTF8.self) == expected)
        let said = masking.text(json)
        #expect(!said.contains("c100") && said.contains(#""role":"x""#))
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
