import HTTPKit
import HTTPTypes
import Hummingbird
import PageKit
import Testing

@Suite struct GuardTests {
    private static func guarded(_ router: Router<PageContext>, _ hosts: OwnHosts? = nil) {
        router.add(middleware: SecurityHeaders())
        if let hosts {
            router.add(middleware: HostCheck(hosts))
            router.add(middleware: OwnOriginCheck(hosts))
        }
        Assets.shared.add(to: router)
        router.get("/page") { _, _ in Page(PageFrame(program: "P"), heading: "H", body: "x").response() }
        router.get("/login") { _, _ in
            let policy = ContentPolicy(formTargets: [LinkTarget(url: "https://tracker.example")].compactMap(\.self))
            return Page(PageFrame(program: "P"), heading: "H", body: "x").response(policy: policy)
        }
        router.get("/fault") { _, _ -> Response in throw HTTPError(.internalServerError) }
        router.post("/form") { request, _ in
            let fields = try await FormFields(of: request)
            return
                "got \(fields["a"] ?? "nothing") \(fields.all("id").joined(separator: ",")) \(fields.unknown(besides: ["a", "id"]))"
        }
    }

    @Test func everyAnswerKeepsOthersOutErrorsToo() async throws {
        try await PageServing.serve({ Self.guarded($0) }) { port, _ async throws in
            for path in ["/page", "/nothing", "/fault", Assets.shared.path(of: .style)] {
                let answer = try await PageServing.ask(port, "GET \(path)")
                let policy = try #require(answer.header("Content-Security-Policy"))
                for part in [
                    "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
                    "form-action 'self'", "trusted-types 'none'",
                ] {
                    #expect(policy.contains(part))
                }
                #expect(!policy.contains("unsafe"))
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Cross-Origin-Opener-Policy") == "same-origin")
                #expect(answer.header("Cross-Origin-Resource-Policy") == "same-origin")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
        }
    }

    @Test func aPageIsKeptByNobodyAndAnAssetForGood() async throws {
        try await PageServing.serve({ Self.guarded($0) }) { port, _ async throws in
            #expect(try await PageServing.ask(port, "GET /page").header("Cache-Control") == "no-store")
            #expect(try await PageServing.ask(port, "GET /fault").header("Cache-Control") == "no-store")
            for asset in Assets.Asset.allCases {
                let answer = try await PageServing.ask(port, "GET \(Assets.shared.path(of: asset))")
                #expect(answer.status == 200)
                #expect(answer.header("Cache-Control")?.contains("immutable") == true)
                #expect(answer.header("Content-Length") == String(asset.bytes.count))
                let head = try await PageServing.ask(port, "HEAD \(Assets.shared.path(of: asset))")
                #expect(head.status == 200 && head.hasSuffix("\r\n\r\n"))
            }
            #expect(try await PageServing.ask(port, "GET /assets/0000000000000000/page.css").status == 404)
        }
    }

    @Test func aFormMayEndWhereALoginLeadsBackTo() async throws {
        try await PageServing.serve({ Self.guarded($0) }) { port, _ async throws in
            let policy = try await PageServing.ask(port, "GET /login").header("Content-Security-Policy")
            #expect(policy?.contains("form-action 'self' https://tracker.example;") == true)
        }
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:8080", "127.0.0.1:8080:1", "[::2]:8080",
    ])
    func aNameThatIsNotOursIsMisdirected(host: String) async throws {
        // The port that a browser sees need not be the one that we listen on.
        try await PageServing.serve({ Self.guarded($0, OwnHosts(loopbackPort: 8080)) }) { port, _ async throws in
            #expect(try await PageServing.ask(port, "GET /page", ["Host: \(host)"]).status == 421)
            for own in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
                #expect(try await PageServing.ask(port, "GET /page", ["Host: \(own):8080"]).status == 200)
            }
        }
    }

    @Test func programsMayReachTheirOwnPathsByAnotherName() async throws {
        let hosts = try #require(OwnHosts(publicURL: "https://console.example"))
        try await PageServing.serve({ router in
            router.add(middleware: HostCheck(hosts, exempt: ["/logout/backchannel"]))
            router.post("/logout/backchannel") { _, _ in "told" }
            router.get("/page") { _, _ in "page" }
        }) { port, _ async throws in
            let inside = ["Host: 127.0.0.1:8080"]
            #expect(try await PageServing.ask(port, "POST /logout/backchannel", inside).status == 200)
            #expect(try await PageServing.ask(port, "GET /page", inside).status == 421)
        }
    }

    @Test func onlyOurOwnPagesChangeAnything() async throws {
        let hosts = try #require(OwnHosts(publicURL: "https://console.example"))
        try await PageServing.serve({ Self.guarded($0, hosts) }) { port, _ async throws in
            let cases: [([String], Int)] = [
                (["Sec-Fetch-Site: same-origin"], 200), (["Sec-Fetch-Site: same-site"], 403),
                (["Sec-Fetch-Site: cross-site"], 403),
                (["Sec-Fetch-Site: none"], 403), ([], 403), (["Origin: https://console.example"], 200),
                (["Origin: null"], 403),
                (["Origin: http://console.example"], 403), (["Origin: https://console.example:8443"], 403),
                (["Origin: https://console.example.evil"], 403),
                (["Sec-Fetch-Site: cross-site", "Origin: https://console.example"], 403),
            ]
            for (headers, status) in cases {
                let answer = try await PageServing.ask(
                    port,
                    "POST /form",
                    headers + ["Host: console.example", "Content-Type: application/x-www-form-urlencoded"],
                    body: "a=b+c%21&id=1&id=2&x=1"
                )
                #expect(answer.status == status, "\(headers)")
                if status == 200 { #expect(answer.hasSuffix(#"got b c! 1,2 ["x"]"#)) }
            }
        }
    }

    @Test func aFormThatIsNoneIsRefused() async throws {
        try await PageServing.serve({ Self.guarded($0) }) { port, _ async throws in
            func post(_ body: String, type: String = "application/x-www-form-urlencoded") async throws -> Int? {
                try await PageServing.ask(port, "POST /form", ["Content-Type: \(type)"], body: body).status
            }
            #expect(try await post("a=\(String(repeating: "x", count: 262_142))") == 200)
            #expect(try await post("a=\(String(repeating: "x", count: 262_143))") == 413)
            #expect(try await post("a=%FF") == 400)
            #expect(try await post(String(repeating: "a=1&", count: 1001)) == 400)
            #expect(try await post("{}", type: "application/json") == 415)
        }
    }

    @Test func ownHostsAreReadFromTheirAddress() throws {
        let hosts = try #require(OwnHosts(publicURL: "https://Console.Example:8443/"))
        #expect(hosts.contains("console.example:8443") && !hosts.contains("console.example"))
        #expect(
            hosts.containsOrigin("https://console.example:8443") && !hosts.containsOrigin("http://console.example:8443")
        )
        #expect(OwnHosts(publicURL: "https://[::1]:8443")?.contains("[::1]:8443") == true)
        #expect(OwnHosts(publicURL: "http://a:80")?.contains("a") == true)
        for wrong in ["", "console.example", "ftp://x", "https://a@b"] { #expect(OwnHosts(publicURL: wrong) == nil) }
    }
}
