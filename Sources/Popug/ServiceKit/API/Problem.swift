public import HTTPTypes

/// What a request is refused with: an RFC 9457 problem document.
///
/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)
public struct Problem: Error, Sendable, Hashable {
    /// What kind of problem it is: clients decide by it.
    public struct Kind: Sendable, Hashable {
        /// The end of the problem's `type`: `urn:popug:problem:email-taken`.
        public let code: String
        /// The status of the answer.
        public let status: HTTPResponse.Status
        /// For people, the same each time.
        public let title: String
        /// What clients of OAuth decide by: `invalid_grant`; nil but in calls of OAuth. The document then carries it as
        /// `error`, beside the members of a problem.
        ///
        /// [RFC 6749, section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
        public let oauthError: String?

        /// - Parameters:
        ///   - code: Lowercase, joined by `-`.
        ///   - oauthError: Default nil.
        public init(_ code: String, _ status: HTTPResponse.Status, _ title: String, oauthError: String? = nil) {
            self.code = code
            self.status = status
            self.title = title
            self.oauthError = oauthError
        }
    }

    /// What is wrong with one value of the request.
    public struct InvalidValue: Sendable, Hashable, Encodable {
        /// Where it stands: a member of the body, or a parameter.
        public let name: String
        /// What was expected; never the value itself.
        public let message: String

        /// - Parameter name: As the client spells it.
        public init(name: String, message: String) {
            self.name = name
            self.message = message
        }
    }

    /// What clients decide by.
    public let kind: Kind
    /// What is wrong this time and what to do; nil where the title says it all. No secrets.
    public let detail: String?
    /// The values that are wrong, if it is about values.
    public let errors: [InvalidValue]
    /// After how many seconds it is worth trying again; nil: it is not said.
    public let retryAfter: Int?

    /// - Parameter retryAfter: Seconds; answered as `Retry-After`.
    public init(_ kind: Kind, _ detail: String? = nil, errors: [InvalidValue] = [], retryAfter: Int? = nil) {
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
    }

    /// A value of the request is none.
    public static func invalid(_ name: String, _ message: String) -> Problem {
        Problem(.invalidValues, "\(name): \(message)", errors: [InvalidValue(name: name, message: message)])
    }
}

extension Problem.Kind {
    /// It cannot be read as a request: no JSON, a parameter twice.
    public static let badRequest = Self("bad-request", .badRequest, "The request cannot be read")
    /// No access token, or one that is not valid.
    public static let unauthorized = Self("unauthorized", .unauthorized, "Log in first")
    /// Who asks may not do this.
    public static let forbidden = Self("forbidden", .forbidden, "You may not do this")
    /// There is nothing of this id or path.
    public static let notFound = Self("not-found", .notFound, "There is no such thing")
    /// The path is there, for other methods.
    public static let methodNotAllowed = Self("method-not-allowed", .methodNotAllowed, "Not by this method")
    /// The body was not whole in time.
    public static let requestTimeout = Self("request-timeout", .requestTimeout, "The request took too long")
    /// The body is larger than any call takes.
    public static let tooLarge = Self("too-large", .contentTooLarge, "The request is too large")
    /// The body is of another media type than the call takes.
    public static let unsupportedMediaType = Self(
        "unsupported-media-type",
        .unsupportedMediaType,
        "The body is of another type than expected"
    )
    /// A value is of the wrong type, out of its range, missing, or not of its form.
    public static let invalidValues = Self("invalid-values", .unprocessableContent, "Values are not valid")
    /// Wait before the next try.
    public static let tooManyRequests = Self("too-many-requests", .tooManyRequests, "Too many requests")
    /// What the answer needs is away; the same request may work later.
    public static let unavailable = Self("unavailable", .serviceUnavailable, "Not available just now")
    /// A fault of ours. It is in the log.
    public static let internalError = Self("internal-error", .internalServerError, "Something went wrong")
}

/// An error that has a problem document of its own.
public protocol ProblemConvertible: Error {
    /// What the client is answered.
    var problem: Problem { get }
}

extension Problem: ProblemConvertible {
    /// Itself.
    public var problem: Problem { self }
}

/// The document: what is sent.
struct ProblemDocument: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String?
    let errors: [Problem.InvalidValue]?
    let error: String?

    init(_ problem: Problem) {
        type = "urn:popug:problem:\(problem.kind.code)"
        title = problem.kind.title
        status = problem.kind.status.code
        detail = problem.detail
        errors = problem.errors.isEmpty ? nil : problem.errors
        error = problem.kind.oauthError
    }

    static let schema = Schema.object(
        "Problem",
        [
            .required("type", .string(pattern: "^urn:popug:problem:[a-z0-9-]+$")),
            .required("title", .string()),
            .required("status", .integer(in: 400...599)),
            .optional("detail", .string()),
            .optional(
                "errors",
                .array(.object("InvalidValue", [.required("name", .string()), .required("message", .string())]))
            ),
            .optional("error", .string(), "The error of OAuth, in calls of OAuth."),
        ]
    )
}
