/// Why a token does not let its bearer in.
public enum TokenError: Error, Hashable, Sendable {
    /// The token proves nothing. The reason is for logs: whoever sent the token is told only that it is not valid.
    case invalid(reason: String)
    /// Nothing is known to verify tokens with, for the issuer has not been reached yet.
    case keysUnavailable
}
