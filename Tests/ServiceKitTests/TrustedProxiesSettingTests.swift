import ServiceKit
import Testing

@testable import HTTPKit

@Suite struct TrustedProxiesSettingTests {
    private func problem(_ value: String) -> String {
        do {
            _ = try Settings.load(environment: ["TRUSTED_PROXIES": value])
            return ""
        } catch {
            return error.description
        }
    }

    @Test func withoutTheSettingNobodyIsBelieved() throws {
        #expect(try Settings.load(environment: [:]).require(.trustedProxies) == TrustedProxies.none)
        #expect(
            try Settings.load(environment: ["TRUSTED_PROXIES": "10.0.0.1, ::1"]).require(.trustedProxies).ranges.count
                == 2
        )
    }

    @Test(arguments: [
        ("proxy.example.com", "`proxy.example.com` is no address, and no network"),
        ("10.0.0.1/33", "`10.0.0.1/33` is no network: expected / and a number up to 32"),
        ("::1/129", "`::1/129` is no network: expected / and a number up to 128"),
        ("10.0.0.1/+8", "`10.0.0.1/+8` is no network: expected / and a number up to 32"),
        ("10.0.0.1/8", "`10.0.0.1/8` is no network: did you mean 10.0.0.0/8?"),
        ("0.0.0.0/0", "`0.0.0.0/0` is everybody: whoever connects could say to be anyone"),
        ("::/0", "`::/0` is everybody: whoever connects could say to be anyone"),
        ("10.0.0.1,", "`` is no address, and no network"),
    ]) func aWrongOneIsAnErrorThatSaysWhatWasExpected(_ value: String, _ reason: String) {
        #expect(
            problem(value)
                == """
                TRUSTED_PROXIES: expected addresses and networks, separated by commas, such as 10.0.0.0/8, 2001:db8::/32, \
                got `\(value)` (in the environment): \(reason)
                """
        )
    }
}
