/// Why a client's request gives no code.
enum AuthorizationRefusal: Error {
    /// Nobody knows who asks, or where to: the browser is led nowhere, and the page says why.
    case stays(String)
    /// The client learns it.
    case goesBack(ReturnAddress, AuthorizationError)
}

/// What a client decides by.
///
/// [RFC 6749, section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)
enum AuthorizationError: String {
    case invalidRequest = "invalid_request"
    case unsupportedResponseType = "unsupported_response_type"
    case invalidScope = "invalid_scope"
    case requestNotSupported = "request_not_supported"
    case requestURINotSupported = "request_uri_not_supported"
    /// The person would have to be asked, and the client wants no page.
    case loginRequired = "login_required"
}
