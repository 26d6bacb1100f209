import HTTPTypes
import PageKit

/// What a page answers: for people, and for programs that ask for `PAGE.json`. Both come from one value.
struct Answer: Sendable {
    var status: HTTPResponse.Status = .ok
    /// What `perch … --json` prints of the same, without the last line break; nil: there is none.
    var document: (@Sendable () throws -> String)?
    var page: Page
    /// Where what was asked for is; nil: here.
    private(set) var location: LinkTarget?

    init(_ page: Page, status: HTTPResponse.Status = .ok, document: (@Sendable () throws -> String)? = nil) {
        (self.page, self.document, self.status) = (page, document, status)
    }

    /// Leads to another page.
    static func moved(to target: LinkTarget, _ visit: Visit) -> Answer {
        let words = Paragraph(Link("It is on another page.", to: target).html)
        var answer = Answer(visit.page("See the other page", body: words.html), status: .seeOther)
        answer.location = target
        return answer
    }
}

/// What a form that was sent has come to.
enum Outcome: Sendable {
    /// It was done: to the page that shows it.
    case done(LinkTarget)
    /// The same, and the browser keeps these cookies: whole lines of `Set-Cookie`.
    case kept([String], LinkTarget)
    /// The form again, with what was wrong: nothing was done.
    case page(Page, HTTPResponse.Status)
}
