import HTTPTypes
import Hummingbird
import Logging
import OpenSSL

extension OpenIDLogin {
    /// A page that goes on to the issuer by itself, without a script, and has a link for whom it does not.
    func lead(to url: String, leadsToLogout: Bool = false, cookies: [String] = []) -> Response {
        guard let target = LinkTarget(url: url) else {
            return failure(LoginError(.issuerUnusable, "its endpoint is no address"), target: "/")
        }
        let page =
            leadsToLogout
            ? page(
                "You are logged out here",
                "On the way to the logout at the issuer. If nothing happens:",
                link: ("Go on to the logout", target)
            )
            : page("On the way to the login", "If nothing happens:", link: ("Go on to the login", target))
        var response = page.response()
        if let name = HTTPField.Name("Refresh") { response.headers[name] = "0; url=\(target.description)" }
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }

    /// What happened, and how to try again. The log's line has the same id.
    func failure(_ error: LoginError, target: LinkTarget, cookies: [String] = []) -> Response {
        let id = RandomText.name()
        log(error, id)
        let body: HTML = """
            \(Paragraph("\(error.sentence)"))\
            \(Paragraph("\(Link("Try again", to: Self.loginPath(target.description), isButton: true))"))\
            \(Paragraph("For whoever runs this program, the id of the log's line: \(id)"))
            """
        let page = Page(frame(), heading: "You are not logged in", body: body)
        var response = page.response(error.status)
        if error.status == .serviceUnavailable { response.headers[.retryAfter] = "10" }
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }

    func log(_ error: LoginError, _ id: String) {
        logger.log(
            level: error.concernsOperators ? .warning : .info,
            "nobody was logged in or out",
            metadata: ["code": "\(error.code.rawValue)", "reason": "\(error.reason)", "id": "\(id)"]
        )
    }

    func page(_ heading: String, _ words: String, link: (words: String, target: LinkTarget)) -> Page {
        let link = Link(HTML(link.words), to: link.target, isButton: true)
        return Page(frame(), heading: heading, body: HTML([Paragraph("\(words)"), Paragraph("\(link)")]))
    }

    /// It takes as long for a wrong one as for a right one.
    func tokensAreEqual(_ first: String, _ second: String) -> Bool {
        SecureBytes.areEqual(Array(first.utf8), Array(second.utf8))
    }
}
