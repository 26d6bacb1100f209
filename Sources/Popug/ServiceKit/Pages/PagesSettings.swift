package import HTTPKit
package import PageKit
import Perch

/// What a service needs to have pages: where browsers reach it, and how auth knows it.
package struct PagesSettings: Sendable {
    /// The service.
    package let program: PopugPlaces.Program
    /// Where browsers reach it, and as which client of auth.
    package let login: OpenIDSettings
    /// Seals cookies and forms. It is drawn from the client's secret, so all processes of the service have the same.
    package let keys: SecretKeys
    /// Where the other programs' pages are.
    package let places: PopugPlaces

    /// - Parameters:
    ///   - issuerInternally: Where the service itself reaches auth. Default: as browsers do.
    ///   - publicURL: `https://tracker.example.com`, without a path; http only on this machine.
    ///   - clientSecret: 32 visible characters at least.
    /// - Throws: `OpenIDSettingsError`: everything that is wrong.
    package init(
        program: PopugPlaces.Program,
        issuer: Issuer,
        issuerInternally: Issuer? = nil,
        publicURL: String,
        clientSecret: String,
        places: PopugPlaces
    ) throws {
        (self.program, self.places) = (program, places)
        login = try OpenIDSettings(
            issuer: issuer.description,
            issuerInternally: issuerInternally?.description,
            clientID: program.rawValue,
            clientSecret: clientSecret,
            publicURL: publicURL
        )
        keys = SecretKeys(SecretKey(drawnFrom: clientSecret, for: "pages"))
    }
}
