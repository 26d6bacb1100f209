package import HTTPTypes
package import Hummingbird
import NIOCore

extension Page {
    /// The page as an answer. No cache keeps it.
    ///
    /// - Parameters:
    ///   - status: 422 where its form was not taken. Default: 200.
    ///   - policy: Default: forms of this page end at us.
    package func response(_ status: HTTPResponse.Status = .ok, policy: ContentPolicy = ContentPolicy()) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.contentSecurityPolicy] = policy.description
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: html.markup))
        )
    }
}
