import HTTPTypes
import PageKit
import Testing

/// Tokens that do not keep to the rules: nobody is logged in, and the page says what happened.
@Suite struct LoginTokenTests {
    @Test func aTokenOfAnotherIssuer() async throws {
        try await LoginServing.refused(.notVerified, "another issuer") { $0.claims["iss"] = #""https://evil.example""# }
    }

    @Test func aTokenOfTheIssuerInAnotherSpelling() async throws {
        try await LoginServing.serve { serving async throws in
            serving.issuer.conduct.claims["iss"] = "\"\(serving.issuer.url)/\""
            let answer = try await serving.browser.logIn()
            #expect(answer.status == 502)
        }
    }

    @Test func aTokenForAnotherAudience() async throws {
        try await LoginServing.refused(.notVerified, "another audience") { $0.claims["aud"] = #""tracker""# }
        try await LoginServing.refused(.notVerified, "another audience") { $0.claims["aud"] = #"["tracker"]"# }
        try await LoginServing.refused(.notVerified, "another audience") { $0.claims["aud"] = nil as String? }
    }

    @Test func aTokenForSeveralThatAnotherAskedFor() async throws {
        try await LoginServing.refused(.notVerified, "asked for by another client") {
            $0.claims["aud"] = #"["console","tracker"]"#
        }
        try await LoginServing.refused(.notVerified, "asked for by another client") {
            $0.claims.merge(["aud": #"["console","tracker"]"#, "azp": #""tracker""#]) { $1 }
        }
        try await LoginServing.refused(.notVerified, "asked for by another client") { $0.claims["azp"] = #""tracker""# }
    }

    @Test func aTokenForSeveralThatWeAskedForIsTaken() async throws {
        try await LoginServing.taken {
            $0.claims.merge(["aud": #"["tracker","console"]"#, "azp": #""console""#]) { $1 }
        }
    }

    @Test func aTokenOfAnotherLogin() async throws {
        try await LoginServing.refused(.notVerified, "another nonce") { $0.claims["nonce"] = #""x""# }
        try await LoginServing.refused(.notVerified, "another nonce") { $0.claims["nonce"] = nil as String? }
    }

    @Test func aTokenThatNobodyHasSigned() async throws {
        // An empty part is none.
        try await LoginServing.refused(.notVerified, "not a signed token") { $0.signature = .none }
        try await LoginServing.refused(.notVerified, "another algorithm") { $0.header["alg"] = #""none""# }
        try await LoginServing.refused(.notVerified, "another algorithm") { $0.header["alg"] = #""NoNe""# }
        try await LoginServing.refused(.notVerified, "another algorithm") { $0.header["alg"] = nil as String? }
    }

    @Test func aTokenThatIsSignedWithThePublicKey() async throws {
        try await LoginServing.refused(.notVerified, "another algorithm") { $0.signature = .hashOfPublicKey }
    }

    @Test func aTokenOfAnAlgorithmThatIsNotTheKeys() async throws {
        try await LoginServing.refused(.notVerified, "not the key's algorithm") { $0.signature = .otherAlgorithm }
        try await LoginServing.refused(.notVerified, "not the key's algorithm") { $0.header["alg"] = #""RS256""# }
    }

    @Test func aTokenThatAStrangerHasSigned() async throws {
        try await LoginServing.refused(.notVerified, "another signature") { $0.signature = .stranger }
    }

    @Test func aTokenOfAKeyThatIsNotPublished() async throws {
        try await LoginServing.refused(.notVerified, "an unknown key") { $0.header["kid"] = #""edwards2""# }
        try await LoginServing.refused(.notVerified, "an unknown key") { $0.header["kid"] = #""EDWARDS""# }
        try await LoginServing.refused(.notVerified, "another signature") {
            $0.header["kid"] = #""edwards""#; $0.signature = .stranger
        }
        try await LoginServing.refused(.notVerified, "names no key") { $0.header["kid"] = nil as String? }
    }

    @Test func aTokenThatBringsItsOwnRules() async throws {
        try await LoginServing.refused(.notVerified, "crit") { $0.header["crit"] = #"["exp"]"# }
        try await LoginServing.refused(.notVerified, "another type") { $0.header["typ"] = #""at+jwt""# }
        try await LoginServing.refused(.notVerified, "another type") { $0.header["typ"] = #""logout+jwt""# }
    }

    @Test func aTokenThatHasExpired() async throws {
        // The clocks may differ by a minute.
        try await LoginServing.refused(.notVerified, "expired") { $0.claims["exp"] = "1799999940" }
        try await LoginServing.refused(.notVerified, "expired") { $0.claims["exp"] = nil as String? }
        try await LoginServing.refused(.notVerified, "expired") { $0.claims["exp"] = #""1900000000""# }
        try await LoginServing.taken { $0.claims["exp"] = "1799999941.5" }
    }

    @Test func aTokenOfTheFuture() async throws {
        try await LoginServing.refused(.notVerified, "in the future") { $0.claims["iat"] = "1800000061" }
        try await LoginServing.refused(.notVerified, "in the future") { $0.claims["iat"] = nil as String? }
        try await LoginServing.refused(.notVerified, "not valid yet") { $0.claims["nbf"] = "1800000061" }
        try await LoginServing.taken { $0.claims.merge(["iat": "1800000060", "nbf": "1800000060"]) { $1 } }
    }

    @Test func aTokenOfNobody() async throws {
        try await LoginServing.refused(.notVerified, "no subject") { $0.claims["sub"] = nil as String? }
        try await LoginServing.refused(.notVerified, "no subject") { $0.claims["sub"] = #""""# }
    }

    @Test(arguments: [
        #"{"id_token":"x"}"#, #"{"id_token":"a.b.c"}"#, #"{"id_token":1}"#, "{}", "[]", "", "<html>",
        #"{"id_token":"a","id_token":"b"}"#,
    ])
    func anAnswerThatHasNoToken(_ body: String) async throws {
        try await LoginServing.refused(.notVerified, "token") { $0.tokenAnswer = (.ok, body) }
    }
}
