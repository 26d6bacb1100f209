public import HTTPTypes

/// One call of an HTTP API. It is declared once: the router serves it, checks what is sent against it, and describes it in
/// `/openapi.json`, all from this value.
public struct APICall: Sendable {
    /// What a request carries besides its path and query.
    public enum Body: Sendable, Hashable {
        /// Nothing; what is sent all the same is not read.
        case none
        /// A JSON object.
        case json(Schema)
        /// The fields of a form, `application/x-www-form-urlencoded`.
        case form(Schema)
    }

    /// What a request is answered with when all is well.
    public struct Answer: Sendable, Hashable {
        enum Content: Hashable {
            case none
            case json(Schema)
            case other(mediaType: String)
        }

        let status: HTTPResponse.Status
        let content: Content
        let note: String

        /// JSON of this form.
        public static func json(_ status: HTTPResponse.Status, _ schema: Schema, _ note: String) -> Answer {
            Answer(status: status, content: .json(schema), note: note)
        }

        /// JSON of this form, with status 200.
        public static func json(_ schema: Schema, _ note: String) -> Answer { .json(.ok, schema, note) }

        /// Text of another media type.
        public static func text(_ mediaType: String, _ note: String) -> Answer {
            Answer(status: .ok, content: .other(mediaType: mediaType), note: note)
        }

        /// A status and no body.
        public static func empty(_ status: HTTPResponse.Status, _ note: String) -> Answer {
            Answer(status: status, content: .none, note: note)
        }
    }

    /// How it is called.
    public let method: HTTPRequest.Method
    /// `/v1/tickets/{ticket_id}`
    public let path: String
    /// One line for people.
    public let summary: String
    /// Who may make it.
    public let access: Access
    let parameters: [ParameterDescription]
    let body: Body
    let answer: Answer
    let problems: [Problem.Kind]
    let perform: @Sendable (APIRequest) async throws -> APIReply

    /// - Parameters:
    ///   - parameters: Those of the path and the query, as `ticketID.description`.
    ///   - problems: The call's own; those of access, parameters and body are known.
    ///   - perform: Runs once all of the above holds. A `ProblemConvertible` error is answered as such, an error of the
    ///     database as unavailable, any other as an internal error.
    public init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ summary: String,
        access: Access,
        parameters: [ParameterDescription] = [],
        body: Body = .none,
        answer: Answer,
        problems: [Problem.Kind] = [],
        perform: @escaping @Sendable (APIRequest) async throws -> APIReply
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answer = answer
        self.problems = problems
        self.perform = perform
    }
}

/// The HTTP API of a service.
public struct API: Sendable {
    /// The service's name: `tracker`.
    public let service: String
    /// For people: what the service is there for.
    public let title: String
    /// All calls; no two of them share method and path.
    public private(set) var calls: [APICall]
    /// Pages for people, beside the calls. The API's description does not list them.
    package private(set) var pages: (any ServicePages)?

    /// - Parameter title: One line.
    public init(service: String, title: String, calls: [APICall]) {
        self.service = service
        self.title = title
        self.calls = calls
    }

    /// The same with more calls.
    public func adding(_ more: [APICall]) -> API {
        var api = self
        api.calls += more
        return api
    }

    /// The same with pages.
    package func adding(_ pages: some ServicePages) -> API {
        var api = self
        api.pages = pages
        return api
    }
}
