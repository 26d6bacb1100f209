import Testing

@testable import Auth

@Suite struct PasswordHashTests {
    @Test func aPasswordIsVerifiedByItsHashAndNoOtherIs() throws {
        let hash = try PasswordHash(of: "correct horse", cost: 10)
        let stored = try #require(PasswordHash(hash.description))
        #expect(try stored.verify("correct horse"))
        #expect(try !stored.verify("correct horsE"))
        #expect(try !stored.verify(""))
    }

    @Test func theHashIsAPHCStringWithASaltOfItsOwn() throws {
        let first = try PasswordHash(of: "correct horse", cost: 10)
        let second = try PasswordHash(of: "correct horse", cost: 10)
        #expect(first != second)
        #expect(
            first.description.wholeMatch(of: /\$scrypt\$ln=10,r=8,p=1\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{43}/) != nil
        )
        #expect(first.salt.count == 16)
    }

    /// The third vector of RFC 7914.
    @Test func aHashMadeByOthersIsVerified() throws {
        let hash = "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
        let salt = "U29kaXVtQ2hsb3JpZGU"
        let stored = try #require(PasswordHash("$scrypt$ln=14,r=8,p=1$\(salt)$\(hash)"))
        #expect(try stored.verify("pleaseletmein"))
        #expect(try !stored.verify("pleaseletmeout"))
    }

    @Test func oneWayToWriteALetterIsAsGoodAsTheOther() throws {
        #expect(try PasswordHash(of: "caf\u{E9} au lait", cost: 10).verify("cafe\u{301} au lait"))
    }

    @Test(arguments: [
        "", "$2b$12$abc", "$scrypt$ln=17,r=8$c2FsdHNhbHQ$aGFzaA",
        "$scrypt$ln=40,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=10,r=8,p=1$!!!!$????", "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHRzYWx0$",
    ]) func whatIsNoHashIsRefused(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }
}
