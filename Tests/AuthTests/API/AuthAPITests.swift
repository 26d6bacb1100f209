import Foundation
import HTTPKit
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite("auth's API")
struct AuthAPITests {
    private static let form = "application/x-www-form-urlencoded"

    // MARK: Users

    @Test func anAdminAddsAUserWhoCanLogIn() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let body = #"{"name": " Ann ", "email": "ann@x.org", "password": "correct horse", "role": "manager"}"#
            let created = try await client.call(.post, "/v1/users", as: .someone(.admin), body: body)
            #expect(created.status == 201)
            #expect(!created.text.contains("horse"))
            #expect(try created.json["name"]?.string == "Ann")
            #expect(try created.json["role"]?.string == "manager")
            let login = try await client.call(
                .post,
                "/v1/sessions",
                body: #"{"email": " ann@x.org ", "password": "correct horse"}"#
            )
            #expect(login.status == 201)
            let token = try #require(try login.json["access_token"]?.string)
            let user = try await auth.verifier.verify(token)
            #expect(try created.json["user_id"]?.string == user.id.text)
        }
        #expect(try await auth.count("SELECT count(*) FROM perch.outbox WHERE type = 'user_created'") == 1)
    }

    @Test func aTakenEmailIsAConflictAndNamesNoPassword() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(
                .post,
                "/v1/users",
                as: .someone(.admin),
                body: #"{"name": "Ann", "email": "ANN@x.org", "password": "battery staple", "role": "employee"}"#
            )
            #expect(answer.status == 409)
            #expect(answer.problem == "email-taken")
            #expect(!answer.text.contains("battery"))
        }
        #expect(try await auth.count("SELECT count(*) FROM perch.outbox") == 1)
    }

    @Test(arguments: [
        (#"{"name": "Ann", "email": "ann@x.org", "password": "1234567", "role": "employee"}"#, "password"),
        (#"{"name": "Ann", "email": "ann@x.org", "password": "battery staple", "role": "owner"}"#, "role"),
        (#"{"name": "Ann", "email": "ann", "password": "battery staple", "role": "employee"}"#, "email"),
        (#"{"name": "Ann", "email": "a@b@c", "password": "battery staple", "role": "employee"}"#, "email"),
        (#"{"name": "  ", "email": "ann@x.org", "password": "battery staple", "role": "employee"}"#, "name"),
        (#"{"name": "Ann", "email": "ann@x.org", "role": "employee"}"#, "password"),
        (#"{"name": "Ann", "email": "ann@x.org", "password": 12345678, "role": "employee"}"#, "password"),
    ]) func valuesThatDoNotFitAreNamed(_ body: String, _ field: String) async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(.post, "/v1/users", as: .someone(.admin), body: body)
            #expect(answer.status == 422)
            #expect(try answer.json["errors"]?.elements.map { $0["name"]?.string } == [field])
            #expect(!answer.text.contains("1234567"))
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.users") == 0)
    }

    @Test func usersAreListedInPagesEachOnce() async throws {
        let auth = try AuthFixture()
        var names: [String] = []
        for number in 0..<7 { names.append(try await auth.addUser("user\(number)").name) }
        let expected = names
        try await withAPI(auth.api) { client in
            var seen: [String?] = []
            var cursor: String?
            var pages = 0
            repeat {
                let next = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await client.call(.get, "/v1/users?limit=3\(next)", as: .someone(.admin))
                #expect(page.status == 200)
                seen += try page.json.items.map { $0["name"]?.string }
                #expect(!page.text.contains("password") && !page.text.contains("scrypt"))
                cursor = try page.json["next_cursor"]?.string
                pages += 1
            } while cursor != nil && pages < 10
            #expect(seen == expected)
            #expect(pages == 3)
        }
    }

    @Test func everybodyLearnsWhoTheyAre() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser("ann", role: .accountant)
        try await withAPI(auth.api) { client in
            let me = try await client.call(.get, "/v1/users/me", as: .user(user.userID, .accountant))
            #expect(me.status == 200)
            #expect(try me.json["email"]?.string == "ann@x.org")
            #expect(try me.json["user_id"]?.string == user.userID.text)
            let nobody = try await client.call(.get, "/v1/users/me", as: .someone(.employee))
            #expect(nobody.status == 404)
        }
    }

    @Test(arguments: Role.allCases) func onlyAdminsAddAndListUsers(_ role: Role) async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let isAdmin = role == .admin
            let list = try await client.call(.get, "/v1/users", as: .someone(role))
            #expect(list.status == (isAdmin ? 200 : 403))
            let body = #"{"name": "Ann", "email": "ann@x.org", "password": "correct horse", "role": "admin"}"#
            let created = try await client.call(.post, "/v1/users", as: .someone(role), body: body)
            #expect(created.status == (isAdmin ? 201 : 403))
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.users") == (role == .admin ? 1 : 0))
    }

    @Test func authVerifiesTheTokensThatItIssues() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser("ann", role: .admin)
        let tokens = try await auth.sessions.begin(for: user)
        try await withAPI(auth.api, verifier: auth.verifier) { client in
            let me = try await client.call(.get, "/v1/users/me", as: .bearer(tokens.accessToken))
            #expect(me.status == 200)
            for token in ["", "x", tokens.refreshToken.text, String(tokens.accessToken.dropLast(10))] {
                let refused = try await client.call(.get, "/v1/users/me", as: .bearer(token))
                #expect(refused.status == 401)
                #expect(refused.headers[.wwwAuthenticate] == "Bearer")
            }
        }
    }

    // MARK: Sessions

    @Test func loggingInGivesBothTokens() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(
                .post,
                "/v1/sessions",
                body: #"{"email": "ann@x.org", "password": "correct horse"}"#
            )
            #expect(answer.status == 201)
            #expect(try answer.json["token_type"]?.string == "Bearer")
            #expect(try answer.json["expires_in"]?.integer == 900)
            #expect(answer.headers[.cacheControl] == "no-store")
        }
    }

    @Test func whatIsWrongWithALoginIsNotTold() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        try await withAPI(auth.api) { client in
            var answers: [String] = []
            for email in ["ann@x.org", "nobody@x.org", "no email", "x"] {
                let answer = try await client.call(
                    .post,
                    "/v1/sessions",
                    body: #"{"email": "\#(email)", "password": "wrong"}"#
                )
                #expect(answer.status == 401)
                #expect(answer.problem == "wrong-credentials")
                answers.append(answer.text)
            }
            #expect(Set(answers).count == 1)
        }
    }

    @Test func whoFailsTooOftenIsToldWhenToTryAgain() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            var statuses: [Int] = []
            var last: APIAnswer?
            for _ in 0..<13 {
                let answer = try await client.call(
                    .post,
                    "/v1/sessions",
                    body: #"{"email": "ann@x.org", "password": "wrong"}"#
                )
                statuses.append(answer.status)
                last = answer
            }
            #expect(statuses == Array(repeating: 401, count: 11) + [429, 429])
            #expect(last?.headers[.retryAfter] == "1")
            #expect(last?.problem == "too-many-requests")
        }
    }

    // MARK: OAuth

    @Test func aRefreshTokenIsGoodOnce() async throws {
        let auth = try AuthFixture()
        let tokens = try await auth.sessions.begin(for: try await auth.addUser())
        try await withAPI(auth.api) { client in
            let body = "grant_type=refresh_token&refresh_token=\(tokens.refreshToken.text)"
            let first = try await client.call(.post, "/oauth/token", body: body, mediaType: Self.form)
            #expect(first.status == 200)
            let access = try #require(try first.json["access_token"]?.string)
            _ = try await auth.verifier.verify(access)
            let again = try await client.call(.post, "/oauth/token", body: body, mediaType: Self.form)
            #expect(again.status == 400)
            #expect(try again.json["error"]?.string == "invalid_grant")
            let next = try #require(try first.json["refresh_token"]?.string)
            let ended = try await client.call(
                .post,
                "/oauth/token",
                body: "grant_type=refresh_token&refresh_token=\(next)",
                mediaType: Self.form
            )
            #expect(ended.status == 400)
            // Why is not told: whoever holds a stolen token need not know.
            #expect(ended.text == again.text)
        }
    }

    @Test(arguments: [
        ("", "invalid_request"), ("grant_type=", "invalid_request"), ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
        ("grant_type=password&username=ann%40x.org&password=x", "unsupported_grant_type"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
    ]) func theErrorsOfOAuthAreWhatItsClientsExpect(_ body: String, _ error: String) async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(.post, "/oauth/token", body: body, mediaType: Self.form)
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?.string == error)
            #expect(answer.problem == error.replacing("_", with: "-"))
        }
    }

    @Test func loggingOutEndsTheSessionAndSaysTheSameOfAnyToken() async throws {
        let auth = try AuthFixture()
        let tokens = try await auth.sessions.begin(for: try await auth.addUser())
        try await withAPI(auth.api) { client in
            for token in [tokens.refreshToken.text, tokens.refreshToken.text, "unknown", tokens.accessToken] {
                let answer = try await client.call(
                    .post,
                    "/oauth/revoke",
                    body: "token=\(token)&token_type_hint=refresh_token",
                    mediaType: Self.form
                )
                #expect(answer.status == 200)
                #expect(answer.bytes.isEmpty)
            }
            let missing = try await client.call(.post, "/oauth/revoke", body: "", mediaType: Self.form)
            #expect(missing.status == 400)
            #expect(try missing.json["error"]?.string == "invalid_request")
        }
        let refused = await refusal { try await auth.sessions.refresh(tokens.refreshToken) }
        #expect(refused as? RefreshRefusal == .revoked)
    }

    // MARK: Discovery

    @Test func theKeysArePublishedWithoutTheirPrivateParts() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(.get, "/.well-known/jwks.json")
            #expect(answer.status == 200)
            #expect(answer.headers[.cacheControl] == "public, max-age=300")
            let keys = try answer.json["keys"]?.elements ?? []
            #expect(keys.count == 1)
            #expect(keys.first?["kid"]?.string == keys.first.flatMap { Self.thumbprint($0["x"]?.string ?? "") })
            #expect(keys.first?["d"] == nil)
        }
        let secrets = try await auth.database.query("SELECT private_key FROM auth.signing_keys") {
            try $0.decode(0, as: [UInt8].self)
        }
        let published = try await auth.keys.published().json
        #expect(!String(decoding: published, as: UTF8.self).contains(Base64URL.encode(try #require(secrets.first))))
    }

    private static func thumbprint(_ x: String) -> String {
        let publicKey = Base64URL.decode(x) ?? []
        return SigningKey.thumbprint(publicKey)
    }

    @Test func whatIsServedIsFoundWhereItIsSaidToBe() async throws {
        let auth = try AuthFixture()
        try await withAPI(auth.api) { client in
            let answer = try await client.call(.get, "/.well-known/openid-configuration")
            #expect(answer.status == 200)
            let document = try answer.json
            #expect(document["issuer"]?.string == auth.issuer.description)
            let keys = try #require(document["jwks_uri"]?.string).dropFirst(auth.issuer.description.count)
            #expect(try await client.call(.get, String(keys)).status == 200)
            for name in ["authorization_endpoint", "end_session_endpoint"] {
                let url = try #require(document[name]?.string)
                let path = url.dropFirst(auth.issuer.description.count)
                let host = String(url.dropFirst("http://".count).prefix { $0 != "/" })
                let page = try await RawAnswer.ask(client.port, "GET \(path)", ["Host: \(host)"])
                #expect([303, 400].contains(page.status))
            }
            for name in [
                "authorization_response_iss_parameter_supported", "backchannel_logout_supported",
                "backchannel_logout_session_supported",
            ] { #expect(answer.text.contains("\"\(name)\":true")) }
            #expect(document["code_challenge_methods_supported"]?.elements.map { $0.string } == ["S256"])
            for name in ["token_endpoint", "revocation_endpoint"] {
                let path = try #require(document[name]?.string).dropFirst(auth.issuer.description.count)
                let found = try await client.call(.post, String(path), body: "", mediaType: Self.form)
                #expect(found.status == 400)
            }
        }
    }
}
