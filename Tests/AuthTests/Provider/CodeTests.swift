import Foundation
import HTTPKit
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

@Suite("giving a code back") struct CodeTests {
    @Test func aProgramOfPagesLearnsWhoItIsAndGetsNoTokens() async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            provider.auth.clock.advance(by: .seconds(5))
            let reply = try await provider.redeem(code)
            #expect(reply.status == 200)
            #expect(reply.json.members.map { $0.key } == ["id_token"])
            let claims = try reply.claims
            #expect(claims["iss"]?.string == "http://127.0.0.1:8081")
            #expect(claims["aud"]?.string == "tracker")
            #expect(claims["nonce"]?.string == "a.nonce")
            #expect(claims["name"]?.string == "ann")
            #expect(claims["role"]?.string == "manager")
            #expect(claims["email"] == nil)
            let sessions = try await provider.auth.database.query("SELECT session_id FROM auth.sso_sessions") {
                try $0.decode(0, as: UUID.self)
            }
            #expect(claims["sid"]?.string == sessions.first?.uuidString.lowercased())
            let now = Int(provider.auth.clock.now.milliseconds / 1000)
            #expect(claims["iat"]?.lexeme == "\(now)" && claims["exp"]?.lexeme == "\(now + 300)")
            #expect(claims["auth_time"]?.lexeme == "\(now - 5)")
        }
    }

    @Test func theTokenIsSignedByThePublishedKeyAndIsNoAccessToken() async throws {
        try await ProviderFixture.serve { provider in
            let reply = try await provider.redeem(try await provider.code(provider.browser, ["scope": "openid email"]))
            let text = try #require(reply.json["id_token"]?.string)
            #expect(try reply.claims["email"]?.string == "ann@x.org")
            let keys = try await RawAnswer.ask(provider.port, "GET /.well-known/jwks.json").body
            let id = try await provider.auth.keys.signer().id
            #expect(keys.contains(id))
            let header = String(decoding: try SignedToken(text).header, as: UTF8.self)
            #expect(header == #"{"alg":"EdDSA","kid":"\#(id)","typ":"JWT"}"#)
            #expect(await refusal { try await provider.auth.verifier.verify(text) } != nil)
        }
    }

    @Test func aClientOfTheServicesGetsTokensThatEndWithTheLogin() async throws {
        try await ProviderFixture.serve { provider in
            let uri = "https://app.example.com/login/callback"
            let browser = provider.browser
            let code = try await provider.code(browser, ["client_id": "mobile", "redirect_uri": uri])
            let reply = try await provider.redeem(code, ["redirect_uri": uri], client: "mobile")
            #expect(reply.status == 200)
            #expect(reply.json["id_token"] != nil && reply.json["token_type"]?.string == "Bearer")
            let access = try #require(reply.json["access_token"]?.string)
            #expect(try await provider.auth.verifier.verify(access).name == "ann")
            var token = try #require(reply.json["refresh_token"]?.string)
            // They are this client's alone, and whoever else tries does not use them up.
            for (client, secret) in [("tracker", ProviderFixture.secret), ("", nil as String?)] {
                let stolen = try await provider.token(
                    ["grant_type": "refresh_token", "refresh_token": token],
                    client: client,
                    secret: secret
                )
                #expect(stolen.error == "invalid_grant")
            }
            let next = try await provider.token(
                ["grant_type": "refresh_token", "refresh_token": token],
                client: "mobile",
                secret: ProviderFixture.secret
            )
            token = try #require(next.json["refresh_token"]?.string)
            let sid = try #require(try reply.claims["sid"]?.string.flatMap(UUID.init(uuidString:)))
            try await SSOSessions(database: provider.auth.database, now: provider.auth.now).end(sid, .revoked)
            let ended = try await provider.token(
                ["grant_type": "refresh_token", "refresh_token": token],
                client: "mobile",
                secret: ProviderFixture.secret
            )
            #expect(ended.error == "invalid_grant")
        }
    }

    @Test func aCodeIsGoodOnceAndASecondUseEndsWhatTheFirstGave() async throws {
        try await ProviderFixture.serve { provider in
            let uri = "https://app.example.com/login/callback"
            let code = try await provider.code(provider.browser, ["client_id": "mobile", "redirect_uri": uri])
            let first = try await provider.redeem(code, ["redirect_uri": uri], client: "mobile")
            let second = try await provider.redeem(code, ["redirect_uri": uri], client: "mobile")
            #expect(second.status == 400 && second.error == "invalid_grant")
            let token = try #require(first.json["refresh_token"]?.string)
            let ended = try await provider.token(
                ["grant_type": "refresh_token", "refresh_token": token],
                client: "mobile",
                secret: ProviderFixture.secret
            )
            #expect(ended.error == "invalid_grant")
        }
    }

    @Test func codeTwiceAtOnceGivesOneAnswer() async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await provider.redeem(code).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 400, 400, 400])
        }
    }

    @Test func aCodeByAnotherClientIsRefusedAndWorthNothingAfterwards() async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            let stolen = try await provider.redeem(code, client: "accounting", secret: ProviderFixture.otherSecret)
            #expect(stolen.status == 400 && stolen.error == "invalid_grant")
            #expect(try await provider.redeem(code).error == "invalid_grant")
        }
    }

    @Test(arguments: [59, 60]) func aCodeAfterSixtySecondsIsRefused(_ seconds: Int) async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            provider.auth.clock.advance(by: .seconds(seconds))
            let reply = try await provider.redeem(code)
            #expect(reply.error == (seconds < 60 ? nil : "invalid_grant"))
        }
    }

    private static let refused: [([String: String?], String)] = [
        (["code_verifier": String(repeating: "w", count: 64)], "invalid_grant"),
        (["code_verifier": "v"], "invalid_grant"),
        (["code_verifier": ProviderFixture.challenge], "invalid_grant"),
        (["code_verifier": nil], "invalid_request"),
        (["redirect_uri": "http://127.0.0.1:8083/login/callback"], "invalid_grant"),
        (["redirect_uri": nil], "invalid_request"), (["code": nil], "invalid_request"),
        (["code": "x"], "invalid_grant"), (["code": Secret().text], "invalid_grant"),
    ]

    @Test(arguments: refused) func aCodeIsBoundToAddressAndVerifier(
        _ fields: [String: String?],
        _ error: String
    ) async throws {
        try await ProviderFixture.serve { provider in
            let reply = try await provider.redeem(try await provider.code(provider.browser), fields)
            #expect(reply.status == 400 && reply.error == error)
        }
    }

    @Test func aClientThatDoesNotProveItselfLearnsNothing() async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            for (client, secret) in [
                ("tracker", "wrong" as String?), ("nobody", ProviderFixture.secret), ("tracker", nil), ("", ""),
            ] {
                let reply = try await provider.redeem(code, client: client, secret: secret)
                #expect(reply.status == 401 && reply.error == "invalid_client")
                #expect(reply.answer.header("WWW-Authenticate") == #"Basic realm="popug""#)
            }
            #expect(try await provider.redeem(code).status == 200)
        }
    }

    @Test func aLoginThatHasEndedMeanwhileGivesNothing() async throws {
        try await ProviderFixture.serve { provider in
            let code = try await provider.code(provider.browser)
            let user = try #require(try await provider.auth.users.user(email: "ann@x.org", in: provider.auth.database))
            #expect(try await provider.auth.users.endSessions(of: user.userID, in: provider.auth.database) == 1)
            #expect(try await provider.redeem(code).error == "invalid_grant")
        }
    }
}
