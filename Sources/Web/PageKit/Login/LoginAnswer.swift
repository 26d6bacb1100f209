/// What an issuer sends a browser back with. All of it comes through the browser: nothing is believed before it is verified.
struct LoginAnswer: Sendable {
    let state: String
    /// The issuer, as it says (RFC 9207).
    let issuer: String?
    private let code: String?
    private let error: String?

    /// - Throws: `LoginError.notAsked` where it has no state of one of our logins.
    init(_ query: String?) throws(LoginError) {
        guard let fields = try? FormFields(parsing: query ?? ""), let state = fields["state"], state.utf8.count <= 200
        else { throw LoginError(.notAsked, "no state") }
        // A field that is there twice would be taken for missing.
        for name in ["iss", "code", "error"] where fields.all(name).count > 1 {
            throw LoginError(.notAsked, "\(name) is there twice")
        }
        (self.state, issuer, code, error) = (state, fields["iss"], fields["code"], fields["error"])
    }

    /// Whether the issuer says that it would have to ask the person first.
    var needsPerson: Bool {
        ["login_required", "interaction_required", "consent_required", "account_selection_required"].contains(error)
    }

    /// Whether it comes from the issuer that was asked, as far as it says so.
    ///
    /// - Throws: `LoginError.notVerified` where it names another one, or none though the issuer says that it does.
    func checkIssuer(_ provider: OpenIDProvider, _ settings: OpenIDSettings) throws(LoginError) {
        if let issuer {
            guard issuer.hasBytes(of: settings.issuer) else { throw LoginError(.notVerified, "iss of another issuer") }
        } else if provider.namesIssuerInAnswers {
            throw LoginError(.notVerified, "no iss, which the issuer says it sends")
        }
    }

    /// The code.
    ///
    /// - Throws: `LoginError` where there is none.
    func grantedCode() throws(LoginError) -> String {
        if let error {
            let reason = "the issuer says \(Self.errorName(error))"
            switch error {
            case "access_denied": throw LoginError(.denied, reason)
            case "temporarily_unavailable": throw LoginError(.issuerAway, reason)
            case "unauthorized_client", "invalid_scope", "unsupported_response_type", "invalid_request":
                throw LoginError(.clientRefused, reason)
            default: throw LoginError(.failed, reason)
            }
        }
        guard let code, (1...4096).contains(code.utf8.count) else {
            throw LoginError(.failed, "neither code nor error")
        }
        return code
    }

    /// An error's name as far as it is a name: what else an issuer or a stranger writes there is not told.
    static func errorName(_ name: String?) -> String {
        guard let name, (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") })
        else { return "without a name" }
        return name
    }
}
