import HTTPKit
import PageKit
import Perch

extension Setting where Value == String {
    /// `TRACKER_PUBLIC_URL`, and the other programs' likewise: where browsers reach its pages. Without it nothing leads there, and a
    /// service has no pages.
    public static func publicURL(of program: String) -> Setting {
        let expectation = "https://HOST[:PORT] without a path, or http:// of this machine"
        return Setting(SettingName(rawValue: "\(program.uppercased())_PUBLIC_URL"), expects: expectation) { text in
            guard OpenIDSettings.isPublicURL(text) else { throw NotAValue() }
            return text
        }
    }

    /// `TRACKER_CLIENT_SECRET`, and the other services' likewise: by which auth knows the service as the client of that name.
    public static func clientSecret(of service: String) -> Setting {
        Setting(
            SettingName(rawValue: "\(service.uppercased())_CLIENT_SECRET"),
            expects: "32 to 1024 visible ASCII characters, drawn at random",
            isSecret: true
        ) { text in
            guard (32...1024).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw NotAValue()
            }
            return text
        }
    }
}

extension Settings {
    /// Where browsers reach the programs that have pages.
    package func places() throws(SettingsError) -> PopugPlaces {
        var addresses: [PopugPlaces.Program: String] = [.auth: try require(.issuer).description]
        for program in PopugPlaces.Program.allCases where program != .auth {
            addresses[program] = self[.publicURL(of: program.rawValue)]
        }
        return PopugPlaces(addresses)
    }

    /// What the pages of a service need; nil where nobody has said where browsers reach it.
    ///
    /// - Throws: `SettingsError` where the client's secret is missing.
    package func pages(of program: PopugPlaces.Program) throws -> PagesSettings? {
        guard let publicURL = self[.publicURL(of: program.rawValue)] else { return nil }
        return try PagesSettings(
            program: program,
            issuer: require(.issuer),
            issuerInternally: self[.issuerInternally],
            publicURL: publicURL,
            clientSecret: require(.clientSecret(of: program.rawValue)),
            places: places()
        )
    }
}
