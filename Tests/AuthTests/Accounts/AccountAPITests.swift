import Foundation
import Perch
import PopugEvents
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite("auth's accounts over HTTP") struct AccountAPITests {
    private func logIn(_ client: APIClient, _ password: String = AuthFixture.password) async throws -> APIAnswer {
        try await client.call(
            .post,
            "/v1/sessions",
            body: #"{"email": "ann@x.org", "password": "\#(password)"}"#
        )
    }

    @Test func anAdminDisablesAndEnablesAUserAndIsToldTheSameAgain() async throws {
        let auth = try AuthFixture()
        let path = "/v1/users/\(try await auth.addUser().userID.text)"
        try await withAPI(auth.api) { client in
            let disabled = try await client.call(.post, "\(path)/disable", as: .someone(.admin))
            #expect(disabled.status == 200)
            #expect(try disabled.json["disabled_at"]?.string != nil)
            let again = try await client.call(.post, "\(path)/disable", as: .someone(.admin))
            #expect(again.text == disabled.text)
            #expect(try await logIn(client).status == 401)
            let list = try await client.call(.get, "/v1/users", as: .someone(.admin))
            #expect(try list.json.items.map { $0["disabled_at"]?.string } == [disabled.json["disabled_at"]?.string])
            let enabled = try await client.call(.post, "\(path)/enable", as: .someone(.admin))
            #expect(enabled.status == 200)
            #expect(try enabled.json["disabled_at"] == nil)
            #expect(try await logIn(client).status == 201)
        }
    }

    @Test func anAdminEndsSessionsAndSetsPasswords() async throws {
        let auth = try AuthFixture()
        let path = "/v1/users/\(try await auth.addUser().userID.text)"
        try await withAPI(auth.api) { client in
            for _ in 0..<3 { _ = try await logIn(client) }
            let ended = try await client.call(.post, "\(path)/end-sessions", as: .someone(.admin))
            #expect(ended.status == 200 && ended.text == #"{"ended":3}"#)
            _ = try await logIn(client)
            let body = #"{"password": "battery staple"}"#
            let set = try await client.call(.post, "\(path)/password", as: .someone(.admin), body: body)
            #expect(set.status == 200 && set.text == #"{"ended":1}"#)
            #expect(try await logIn(client).status == 401)
            #expect(try await logIn(client, "battery staple").status == 201)
            let common = #"{"password": "Password123"}"#
            let refused = try await client.call(.post, "\(path)/password", as: .someone(.admin), body: common)
            #expect(refused.status == 422)
            #expect(!refused.text.contains("Password123"))
        }
    }

    @Test func whomThereIsNotIsNotFoundAndNobodyDisablesThemselves() async throws {
        let auth = try AuthFixture()
        let admin = try await auth.addUser("boss", role: .admin)
        try await withAPI(auth.api) { client in
            for call in ["disable", "enable", "end-sessions"] {
                let answer = try await client.call(.post, "/v1/users/\(UUID.v7().text)/\(call)", as: .someone(.admin))
                #expect(answer.status == 404)
                let wrong = try await client.call(.post, "/v1/users/x/\(call)", as: .someone(.admin))
                #expect(wrong.status == 422)
            }
            let own = try await client.call(
                .post,
                "/v1/users/\(admin.userID.text)/disable",
                as: .user(admin.userID, .admin)
            )
            #expect(own.status == 409 && own.problem == "own-account")
        }
    }

    @Test func everybodyChangesTheOwnPasswordWithTheOldOne() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        try await withAPI(auth.api) { client in
            func change(_ old: String, _ new: String) async throws -> APIAnswer {
                try await client.call(
                    .post,
                    "/v1/users/me/password",
                    as: .user(ann.userID, .employee),
                    body: #"{"old_password": "\#(old)", "new_password": "\#(new)"}"#
                )
            }
            let wrong = try await change("wrong", "battery staple")
            #expect(wrong.status == 422)
            #expect(try wrong.json["errors"]?.elements.map { $0["name"]?.string } == ["old_password"])
            let changed = try await change(AuthFixture.password, "battery staple")
            #expect(changed.status == 201)
            #expect(try await logIn(client, "battery staple").status == 201)
            let token = try #require(try changed.json["access_token"]?.string)
            #expect(try await auth.verifier.verify(token).id == ann.userID)
            _ = try await auth.users.disable(ann.userID, in: auth.database)
            #expect(try await change("battery staple", "correct horse").status == 401)
        }
    }
}
