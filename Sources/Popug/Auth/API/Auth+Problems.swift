public import ServiceKit

extension Problem.Kind {
    /// No two users have the same email.
    static let emailTaken = Self("email-taken", .conflict, "Another user has this email")
    /// Who disables all admins is an admin no more.
    static let ownAccount = Self("own-account", .conflict, "This is done to others only")
    /// It is not told which of the two.
    static let wrongCredentials = Self("wrong-credentials", .unauthorized, "Email or password is wrong")
    /// A call of OAuth lacks a parameter.
    static let invalidGrantRequest = Self(
        "invalid-request",
        .badRequest,
        "A parameter is missing",
        oauthError: "invalid_request"
    )
    /// A client does not prove who it is.
    static let invalidClient = Self(
        "invalid-client",
        .unauthorized,
        "There is no such client, or this is not its secret",
        oauthError: "invalid_client"
    )
    /// The refresh token is unknown, used, revoked or expired.
    static let invalidGrant = Self(
        "invalid-grant",
        .badRequest,
        "The grant is not valid, or no longer",
        oauthError: "invalid_grant"
    )
    /// Tokens are not given for this.
    static let unsupportedGrantType = Self(
        "unsupported-grant-type",
        .badRequest,
        "There is no such grant here",
        oauthError: "unsupported_grant_type"
    )
}

extension UserError: ProblemConvertible {
    /// What the client is answered.
    public var problem: Problem {
        switch code {
        case .emailTaken: Problem(.emailTaken, errors: [.init(name: field, message: message)])
        case .notFound: Problem(.notFound, message)
        default: .invalid(field, message)
        }
    }
}

extension PasswordHasher.Busy: ProblemConvertible {
    /// What the client is answered.
    public var problem: Problem { Problem(.tooManyRequests, "too many passwords are being checked", retryAfter: 2) }
}

extension LoginRefusal: ProblemConvertible {
    var problem: Problem {
        switch self {
        case .wrongCredentials:
            Problem(.wrongCredentials)
        case .tooOften(let seconds):
            Problem(.tooManyRequests, "too many logins failed: wait \(seconds) s", retryAfter: seconds)
        }
    }
}

extension CodeRefusal: ProblemConvertible {
    var problem: Problem { Problem(.invalidGrant, "log in again") }
}

extension RefreshRefusal: ProblemConvertible {
    var problem: Problem {
        switch self {
        case .tooOften(let seconds):
            Problem(.tooManyRequests, "the session is continued too often: wait \(seconds) s", retryAfter: seconds)
        case .unknown, .expired, .revoked, .reused: Problem(.invalidGrant, "log in again")
        }
    }
}
