import Perch
import PerchOperating
import Testing

@Suite struct MaskedTextTests {
    @Test(arguments: [
        (#""ann@example.com""#, "Key (email)=(Ann@Example.com) already exists.", "Key (email)=(•••) already exists."),
        (#""ann@example.com""#, "ann@example.comann@example.com", "•••"),
        // Spelled as JSON, in the event or by somebody else.
        (#""a \"quoted\" \u00e9 name""#, #"got "a \"quoted\" é name""#, #"got "•••""#),
        (#""a \"quoted\" \u00e9 name""#, #"got "a \"quoted\" \u00e9 name""#, #"got "•••""#),
        (#""a \"quoted\" \u00e9 name""#, #"got a "quoted" é name."#, "got •••."),
        // Cut by whoever wrote the message.
        (#""Bartholomew the Elder of Bath""#, #"got "Bartholomew the El…" here"#, #"got "•••…" here"#),
        (#""Bartholomew the Elder of Bath""#, "...mew the Elder of Bath", "...•••"),
        // Short ones.
        (#""Bob""#, "Bob has no account, Bobby has; bob: twice", "••• has no account, Bobby has; •••: twice"),
        (#""Bobby""#, "user_bobby2", "user_•••2"),
        (#""Ян""#, "Ян и Янка", "••• и Янка"),
        (#""""#, "nothing", "nothing"),
        // In capitals or not, of any script.
        (#""Łukasz Żółć of Łódź""#, "got ŁUKASZ ŻÓŁĆ OF ŁÓDŹ!", "got •••!"),
        (#""Ян""#, "ЯН и ян", "••• и •••"),
        (#""ΟΔΥΣΣΕΥΣ ΛΑΕΡΤΗ""#, "Άννα, οδυσσευς λαερτη", "Άννα, •••"),
        (#""Weißgerber Straße""#, "WEISSGERBER STRASSE 5", "••• 5"),
        (#""WEISSGERBER STRASSE""#, "Weißgerber Straße 5", "••• 5"),
        // Numbers that mean something.
        (
            "1234", "1234 is not 12345, nor 51234, but 1234.0 and -1234.",
            "••• is not 12345, nor 51234, but ••• and -•••."
        ),
        ("-1234.50", "balance 1234.5", "balance •••"),
        ("12", "12 of 12 tries", "12 of 12 tries"),
        ("12345678901234567890", "integer 12345678901234567890 does not fit", "integer ••• does not fit"),
        ("true", "expected an object, got true", "expected an object, got true"),
        (#"{"iban":"DE0012345678","n":[98765]}"#, "iban DE0012345678 and 98765", "iban ••• and •••"),
        (#"{"Ann Archer":1}"#, "Ann Archer has 1", "••• has 1"),
    ])
    func aMaskedValueIsTakenOutOfAText(_ value: String, _ text: String, _ shown: String) throws {
        let masking = try MaskingTests.masking(#"{"user_id":"7","bank":"# + value + #","email":"x"}"#)
        #expect(masking.text(text) == shown)
    }

    @Test func aKeyThatNothingIsDeclaredOfIsTakenOutOfAText() throws {
        let masking = try MaskingTests.masking(#"{"user_id":"7","home":{"city":"Oslo","Ann Archer":{"Bo Baker":1}}}"#)
        #expect(masking.text("no field Ann Archer, nor Bo Baker, in Oslo") == "no field •••, nor •••, in Oslo")
    }

    @Test func whatIsNotPrivateStaysInAText() throws {
        let masking = try MaskingTests.masking(#"{"user_id":"7","role":"treasurer","born":null}"#)
        #expect(masking.text("no such role: treasurer") == "no such role: treasurer")
        #expect(masking.text("") == "")
    }

    @Test func aTextStaysATextWhereAValueEndsWithinACharacterOfIt() throws {
        // The first two bytes of another character are the last of a value's eight.
        let masking = try MaskingTests.masking("{\"email\":\"1234567890é\"}")
        #expect(masking.text("1234567890è!") == "•••!" || masking.text("1234567890è!") == "•••è!")
    }

    @Test func whatTheContractSaysIsWrongIsToldWithoutTheValue() throws {
        let contract = try MaskingTests.contract.get()
        let secret = String(repeating: "secret phrase ", count: 20)
        let json = #"{"user_id":"7","email":["\#(secret)"],"bank":{"iban":"\#(secret)","x":5},"pay":"\#(secret)"}"#
        let masking = try MaskingTests.masking(json)
        let violations = contract.validate(Array(json.utf8), type: "user_created", version: 2)
        try #require(violations.contains { "\($0)".contains("secret") })
        for violation in violations { #expect(!masking.text("\(violation)").contains("secret"), "\(violation)") }
    }
}
