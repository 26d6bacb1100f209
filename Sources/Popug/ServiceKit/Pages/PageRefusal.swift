package import HTTPTypes
package import Hummingbird
package import PageKit

/// Thrown by a page that cannot be shown: another one instead, which says why and helps on.
package struct PageRefusal: HTTPResponseError {
    private let page: Page
    package let status: HTTPResponse.Status

    /// - Parameter status: Default: 404.
    package init(_ page: Page, _ status: HTTPResponse.Status = .notFound) { (self.page, self.status) = (page, status) }

    /// The page as an answer.
    package func response(from request: Request, context: some RequestContext) -> Response { page.response(status) }
}
