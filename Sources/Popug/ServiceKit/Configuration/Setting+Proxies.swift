public import HTTPKit
import Perch

extension Setting where Value == TrustedProxies {
    /// `TRUSTED_PROXIES`: the networks of the proxies in front of the services. From them, and from nobody else, `Forwarded`
    /// and `X-Forwarded-For` are believed; without it all that comes through a proxy counts as one client. Default: none.
    public static var trustedProxies: Setting {
        Setting(
            "TRUSTED_PROXIES",
            expects: "addresses and networks, separated by commas, such as 10.0.0.0/8, 2001:db8::/32",
            default: TrustedProxies.none
        ) { text in try TrustedProxies(parsing: text) }
    }
}
