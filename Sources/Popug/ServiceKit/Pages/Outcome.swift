package import HTTPTypes
package import PageKit

/// What a form that was sent has come to.
package enum Outcome: Sendable {
    /// It was done: to the page that shows it, which says the message once, with a link behind it where there is one.
    case done(LinkTarget, message: String? = nil, link: MessageLink? = nil)
    /// The form again, with what was wrong: nothing was done.
    case page(Page, HTTPResponse.Status)
}
