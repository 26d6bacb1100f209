package import HTTPTypes
package import Hummingbird

/// A page is not answered: the browser is led to the login first.
package struct LoginDetour: HTTPResponseError {
    /// Where it goes.
    package let target: LinkTarget

    /// 303.
    package var status: HTTPResponse.Status { .seeOther }

    /// The redirect.
    package func response(from request: Request, context: some RequestContext) throws -> Response {
        OpenIDLogin.redirect(to: target)
    }
}
