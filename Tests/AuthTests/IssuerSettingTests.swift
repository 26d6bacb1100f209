import Foundation
import ServiceKit
import Testing

@testable import Auth

@Suite("where auth is reached") struct IssuerSettingTests {
    private func problem(_ url: String) -> String? {
        do {
            _ = try Settings.load(environment: ["AUTH_ISSUER_URL": url], declared: Auth.service.settings)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: ["https://popug.example.com/auth", "http://127.0.0.1:8081/a/", "https://x.org/%2e"])
    func anAddressWithAPathIsRefusedAtTheStart(_ url: String) {
        let expected = "AUTH_ISSUER_URL: expected http://host[:port] or https://…, without a path, got `\(url)`"
        #expect(problem(url)?.contains(expected) == true, "\(problem(url) ?? "")")
    }

    @Test(arguments: [
        "https://auth.example.com", "https://auth.example.com/", "http://127.0.0.1:8081", "http://[::1]:81",
    ])
    func aHostIsTaken(_ url: String) {
        #expect(problem(url) == nil)
    }
}
