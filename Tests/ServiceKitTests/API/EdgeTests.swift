import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

/// What strangers send. The API is made up; what is tested is what every call gets from the kit.
@Suite("the HTTP edge") struct EdgeTests {
    static let owner = UUID.v7()

    static var api: API {
        let id = Parameter<UUID>.path("thing_id", "A thing.")
        let day = Parameter<CalendarDate>.query("day", "A day.")
        return API(
            service: "things",
            title: "Things.",
            calls: [
                APICall(
                    .post,
                    "/v1/things",
                    "Make a thing.",
                    access: .anyUser,
                    body: .json(Thing.schema),
                    answer: .json(.created, Thing.schema, "The thing.")
                ) { request in try .json(request.body(Thing.self)) },
                APICall(
                    .get,
                    "/v1/things/{thing_id}",
                    "A thing.",
                    access: .owner("thing_id", or: .admin),
                    parameters: [id.description, day.description, Parameter.limit.description],
                    answer: .json(.object([.required("limit", .integer())]), "The limit.")
                ) { request in
                    _ = try request.require(id)
                    return try .json(["limit": try request.require(.limit)])
                },
                APICall(
                    .get,
                    "/v1/broken",
                    "Fails.",
                    access: .anyone,
                    answer: .json(.object([]), "Never."),
                    problems: [.internalError]
                ) { _ in throw Fault() },
                APICall(
                    .post,
                    "/v1/forms",
                    "Takes a form.",
                    access: .anyone,
                    body: .form(.object("Form", [.required("grant_type", .choice(["a", "b"]))])),
                    answer: .json(.object([.required("grant_type", .string())]), "The field.")
                ) { request in try .json(["grant_type": request.field("grant_type") ?? ""]) },
            ]
        )
    }

    struct Thing: Codable {
        let name: String
        let count: Int64
        let tags: [String]?

        static let schema = Schema.object(
            "Thing",
            [
                .required("name", .string(length: 1...10)), .required("count", .integer(in: 0...100)),
                .optional("tags", .array(.string(length: 0...5))),
            ]
        )
    }

    struct Fault: Error {}

    @Test(
        arguments: [
            // Not JSON, or JSON that readers understand differently.
            (#"{"name": "a", "count": 1"#, 400), ("", 400), ("null x", 400), ("\u{FEFF}{}", 400),
            (#"{"name": "a", "name": "b", "count": 1}"#, 400), (#"{"name": "a\u0000", "count": 1}"#, 400),
            (#"{"name": "\ud800", "count": 1}"#, 400), (#"{"name": "a", "count": 01}"#, 400),
            (String(repeating: "[", count: 100), 400), (#"{"name": "a", "count": NaN}"#, 400),
            // JSON, and not what the call takes.
            ("[]", 422), ("null", 422), ("1", 422), ("{}", 422), (#"{"name": "a"}"#, 422),
            (#"{"name": null, "count": 1}"#, 422), (#"{"name": 1, "count": 1}"#, 422),
            (#"{"name": "a", "count": "1"}"#, 422), (#"{"name": "a", "count": 1.0}"#, 422),
            (#"{"name": "a", "count": 1e1}"#, 422), (#"{"name": "a", "count": -1}"#, 422),
            (#"{"name": "a", "count": 101}"#, 422), (#"{"name": "", "count": 1}"#, 422),
            (#"{"name": "abcdefghijk", "count": 1}"#, 422),
            (#"{"name": "a", "count": 9223372036854775808}"#, 422), (#"{"name": "a", "count": 1, "tags": {}}"#, 422),
            (#"{"name": "a", "count": 1, "tags": ["abcdef"]}"#, 422), (#"{"name": "a", "count": true}"#, 422),
            // What is not known is let pass.
            (#"{"name": "a", "count": 1, "other": [1, {"x": null}]}"#, 201),
            (#"{"name": "äöüäöüäöü€", "count": 100, "tags": []}"#, 201),
        ]
    )
    func aBodyIsReadStrictlyAndCheckedAgainstItsSchema(body: String, status: Int) async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.post, "/v1/things", as: .someone(.employee), body: body)
            #expect(answer.status == status, "\(answer.text)")
            if status == 422 { #expect(try answer.json["errors"]?.elements.isEmpty == false) }
        }
    }

    @Test func bytesThatAreNoUTF8AndBodiesTooLargeAreRefused() async throws {
        try await withAPI(Self.api) { client in
            let latin = Array(#"{"name": "caf"#.utf8) + [0xE9] + Array(#"", "count": 1}"#.utf8)
            let answer = try await client.call(.post, "/v1/things", as: .someone(.employee), bytes: latin)
            #expect(answer.status == 400)
            let large = #"{"name": "a", "count": 1, "x": ""# + String(repeating: "x", count: 300_000) + #""}"#
            let refused = try await client.call(.post, "/v1/things", as: .someone(.employee), body: large)
            #expect(refused.status == 413)
        }
    }

    @Test(arguments: [nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
    func aBodyOfAnotherMediaTypeIsRefused(mediaType: String?) async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(
                .post,
                "/v1/things",
                as: .someone(.employee),
                body: #"{"name": "a", "count": 1}"#,
                mediaType: mediaType ?? ""
            )
            #expect(answer.status == 415)
        }
    }

    @Test func theMediaTypeMayHaveParametersAndCapitals() async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(
                .post,
                "/v1/things",
                as: .someone(.employee),
                body: #"{"name": "a", "count": 1}"#,
                mediaType: "Application/JSON; charset=utf-8"
            )
            #expect(answer.status == 201)
        }
    }

    @Test(
        arguments: [
            ("/v1/things/nonsense", 422), ("/v1/things/%00", 422), ("/v1/things/\(owner.text)?limit=0", 422),
            ("/v1/things/\(owner.text)?limit=201", 422), ("/v1/things/\(owner.text)?limit=1.5", 422),
            ("/v1/things/\(owner.text)?limit=+5", 422), ("/v1/things/\(owner.text)?limit=", 422),
            ("/v1/things/\(owner.text)?limit=1&limit=2", 400), ("/v1/things/\(owner.text)?limit=%FF", 400),
            ("/v1/things/\(owner.text)?day=2026-02-30", 422), ("/v1/things/\(owner.text)?day=yesterday", 422),
            ("/v1/things/\(owner.text)?day=2026-02-28&limit=7", 200), ("/v1/things/\(owner.text)?unknown=1", 200),
            ("/v1/things", 405), ("/v2/things", 404), ("/", 404), ("/v1/things/\(owner.text)/more", 404),
            ("/v1/things/..%2f..%2fetc%2fpasswd", 422),
        ]
    )
    func pathsAndQueriesAreCheckedAsWell(path: String, status: Int) async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.get, path, as: .someone(.admin))
            #expect(answer.status == status, "\(answer.text)")
            if status >= 400 { #expect(answer.problem != nil) }
        }
    }

    @Test func whoMayMakeACallIsSaidByItsAccess() async throws {
        try await withAPI(Self.api) { client in
            let path = "/v1/things/\(Self.owner.text)"
            func status(_ caller: Caller) async throws -> Int { try await client.call(.get, path, as: caller).status }
            #expect(try await status(.stranger) == 401)
            #expect(try await status(.bearer("forged")) == 401)
            #expect(try await status(.someone(.employee)) == 403)
            #expect(try await status(.user(Self.owner, .employee)) == 200)
            #expect(try await status(.someone(.admin)) == 200)
            let capitals = try await client.call(
                .get,
                "/v1/things/\(Self.owner.uuidString.uppercased())",
                as: .user(Self.owner, .employee)
            )
            #expect(capitals.status == 200)
        }
    }

    @Test func whoIsNotLetInIsToldHowToComeIn() async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.post, "/v1/things", body: "{}")
            #expect(answer.status == 401)
            #expect(answer.headers[.wwwAuthenticate] == "Bearer")
            #expect(answer.problem == "unauthorized")
            let basic = try await client.call(.post, "/v1/things", body: "{}", headers: ["Authorization": "Basic eDp5"])
            #expect(basic.status == 401)
        }
    }

    @Test func aFaultOfOursIsAnsweredWithoutItsInside() async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.get, "/v1/broken")
            #expect(answer.status == 500)
            #expect(!answer.text.contains("Fault"))
            #expect(answer.headers[.cacheControl] == "no-store")
        }
    }

    @Test(
        arguments: [
            ("grant_type=a", 200), ("grant_type=c", 422), ("", 422), ("grant_type=a&grant_type=b", 400),
            ("grant_type=%ff", 400), ("grant_type=a&x=%00", 200), ("a=b;c", 422),
        ]
    )
    func aFormIsCheckedLikeABody(form: String, status: Int) async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(
                .post,
                "/v1/forms",
                body: form,
                mediaType: "application/x-www-form-urlencoded"
            )
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    @Test func anotherMethodIsToldWhichOnesThereAre() async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.delete, "/v1/things", as: .someone(.admin))
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "POST")
        }
    }

    @Test func theDescriptionNamesEveryCallWithItsAnswers() async throws {
        try await withAPI(Self.api) { client in
            let answer = try await client.call(.get, "/openapi.json")
            #expect(answer.status == 200)
            let paths = try #require(try answer.json["paths"])
            for call in Self.api.calls {
                let operation = paths[call.path]?[call.method.rawValue.lowercased()]
                #expect(operation?["summary"]?.string == call.summary)
            }
            let responses = try #require(paths["/v1/things"]?["post"]?["responses"])
            for status in ["201", "400", "401", "413", "415", "422"] { #expect(responses[status] != nil, "\(status)") }
        }
    }

    @Test(arguments: ["", "x", "MQ", "!!!", "MR8A", String(repeating: "A", count: 600)])
    func aForgedCursorIsRefused(token: String) async throws {
        let api = API(
            service: "list",
            title: "A list.",
            calls: [
                APICall(
                    .get,
                    "/v1/list",
                    "A list.",
                    access: .anyone,
                    parameters: [Parameter.cursor.description],
                    answer: .json(.page(of: .string()), "A page.")
                ) { request in
                    let id = try request[.cursor].map { try $0.decoded(as: UUID.self) }
                    return try .json(CursorPage([id?.text ?? ""], limit: 1) { Cursor($0) })
                }
            ]
        )
        try await withAPI(api) { client in
            let answer = try await client.call(.get, "/v1/list?cursor=\(token)")
            #expect(answer.status == 422)
        }
    }
}
