import HTTPTypes
import Hummingbird
import PageKit

extension ServiceSite {
    /// A form came of a login that has ended: nothing of it was done. What was typed is shown and kept, but for passwords, to be sent again
    /// by whoever is logged in then, and can see what they send.
    ///
    /// - Parameter visit: Who is logged in now; nil: nobody.
    func askAgain(_ fields: FormFields, _ request: Request, after visit: Visit?) -> Response {
        guard let action = LinkTarget(path: request.uri.path) else {
            return errors.page("This form leads nowhere.", .badRequest)
        }
        let kept = fields.kept
        let hidden = kept.map { FormField($0.name, $0.name, .hidden, value: $0.value) }
        let typed = Facts(kept.filter { !$0.value.isEmpty }.map { ($0.name, .text($0.value)) })
        guard let visit else {
            // It proves nothing yet: who logs in is asked once more.
            let form = Form(action, token: "", fields: hidden, button: "Send again", weight: .secondary)
            let login = Link("Log in", to: "/login?to=/logged-in", isButton: true, opensTab: true)
            let words = Paragraph(
                "You were logged out, so nothing was done. Log in, in another tab, and come back to this one."
            )
            return Page(
                Self.bare,
                heading: "Log in, and send it again",
                body: "\(words)\(Paragraph(login.html))\(typed)\(form)"
            ).response(.unauthorized)
        }
        let form = Form(action, token: visit.token(for: action), fields: hidden, button: "Send again", back: "/")
        let words = Paragraph(
            "This form was made for another login, so nothing was done. You are \(visit.viewer.name) now."
        )
        return visit.page("Send it again?", asks: true, body: "\(words)\(typed)\(form)").response(.forbidden)
    }
}

extension FormFields {
    /// What may stand in a page: no token, and no password.
    fileprivate var kept: [(name: String, value: String)] {
        names.filter { $0 != FormTokens.field && !$0.lowercased().contains("password") }.compactMap { name in
            self[name].map { (name, $0) }
        }
    }
}
