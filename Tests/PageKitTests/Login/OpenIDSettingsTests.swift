import PageKit
import Testing

@Suite struct OpenIDSettingsTests {
    private func problems(
        issuer: String? = "https://auth.example",
        clientID: String? = "console",
        clientSecret: String? = nil,
        publicURL: String? = "https://console.example",
        roleClaim: String = "role",
        extraScopes: [String] = []
    ) -> String? {
        do throws(OpenIDSettingsError) {
            _ = try OpenIDSettings(
                issuer: issuer,
                clientID: clientID,
                clientSecret: clientSecret,
                publicURL: publicURL,
                roleClaim: roleClaim,
                extraScopes: extraScopes
            )
            return nil
        } catch {
            return error.description
        }
    }

    @Test func whatCanBeUsedIsTaken() throws {
        #expect(problems() == nil)
        for host in ["127.0.0.1:8081", "localhost:8081", "[::1]:8081", "127.9.9.9"] {
            #expect(problems(issuer: "http://\(host)", publicURL: "http://\(host)/") == nil, "\(host)")
        }
        let settings = try OpenIDSettings(
            issuer: "https://auth.example/",
            clientID: "console",
            publicURL: "https://console.example:8443/",
            extraScopes: ["groups", "openid"]
        )
        // The issuer's last slash is part of its name.
        #expect(settings.issuer == "https://auth.example/")
        #expect(settings.redirectURI == "https://console.example:8443/login/callback")
        #expect(settings.scopes == ["openid", "profile", "groups"])
    }

    @Test(arguments: [
        nil, "", "auth.example", "http://auth.example", "http://127.0.0.1.evil.example", "http://10.0.0.1",
        "https://user@auth.example", "https://auth.example?x", "https://auth.example#x", "ftp://auth.example",
        "http://localhost.evil.example", "https://auth.example/\u{7F}",
    ])
    func anIssuerIsOfHTTPSOrThisMachine(_ issuer: String?) {
        #expect(problems(issuer: issuer)?.hasPrefix("issuer: expected https://HOST") == true)
    }

    @Test(arguments: ["http://console.example", "https://console.example/path", "https://console.example?x", "console"])
    func aPublicURLIsAnOrigin(_ url: String) {
        #expect(
            problems(publicURL: url)
                == #"public_url: expected https://HOST[:PORT] without a path, or http:// of this machine, found "\#(url)""#
        )
    }

    @Test func everythingThatIsWrongIsToldAndNoSecret() {
        let text = problems(issuer: nil, clientID: "", clientSecret: "top secret", roleClaim: "", extraScopes: ["a b"])
        #expect(
            text == """
                issuer: expected https://HOST, or http:// of this machine, found nothing
                client_id: expected visible ASCII, found ""
                client_secret: expected visible ASCII, without a line end, found something else
                role_claim: expected the name of a claim, found ""
                scopes: expected scopes: visible ASCII, each alone, found "a b"
                """
        )
    }
}
