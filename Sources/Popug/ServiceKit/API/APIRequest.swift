public import HTTPTypes
import Perch
import StrictJSON

/// A request that has been let in: its user may make the call, and its parameters and body are as the call says.
public struct APIRequest: Sendable {
    /// Whose token it bears; nil only where the call is for anyone.
    public let caller: AuthenticatedUser?
    /// Where it comes from, such as `127.0.0.1`: the connection's other end, or the client that a trusted proxy tells. Empty
    /// where that is not known.
    public let address: String
    /// As they were sent.
    public let headers: HTTPFields
    let values: [String: String]
    let form: [String: String]
    let json: JSONValue?

    /// Whose token it bears.
    ///
    /// - Throws: `Problem` where the call is for anyone and nobody is logged in.
    public var user: AuthenticatedUser {
        get throws {
            guard let caller else { throw Problem(.unauthorized) }
            return caller
        }
    }

    /// A parameter of the path, or one of the query that has a default.
    ///
    /// - Throws: `Problem` where the query does not have it, or it is no such value.
    public func require<Value>(_ parameter: Parameter<Value>) throws -> Value {
        guard let value = try self[parameter] else {
            throw Problem.invalid(
                parameter.description.name,
                "expected \(parameter.expectation), got nothing"
            )
        }
        return value
    }

    /// A parameter; nil where the query does not have it and it has no default.
    ///
    /// - Throws: `Problem` where it is no such value.
    public subscript<Value>(_ parameter: Parameter<Value>) -> Value? {
        get throws {
            let description = parameter.description
            guard let text = values[description.name] ?? description.standard else { return nil }
            guard let value = parameter.read(text) else {
                throw Problem.invalid(description.name, "expected \(parameter.expectation)")
            }
            return value
        }
    }

    /// The JSON body.
    ///
    /// - Throws: `Problem` where the call takes none, or the type is not what the call's schema says.
    public func body<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        guard let json else { throw Problem(.badRequest, "expected a JSON body") }
        do {
            return try JSONCoding.decode(type, from: json)
        } catch let error as DecodingError {
            throw Problem(.invalidValues, Self.text(of: error))
        }
    }

    /// A field of the form; nil where it is not there.
    public func field(_ name: String) -> String? { form[name] }

    private static func text(of error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\(path.isEmpty ? "body" : path): not as expected"
        @unknown default:
            return "the body is not as expected"
        }
    }
}

/// What a request is answered with.
public struct APIReply: Sendable {
    let status: HTTPResponse.Status?
    let mediaType: String?
    let bytes: [UInt8]
    var headers: HTTPFields

    /// JSON, with the status that the call declares.
    public static func json(_ value: some Encodable, headers: HTTPFields = [:]) throws -> APIReply {
        APIReply(
            status: nil,
            mediaType: "application/json",
            bytes: try JSONCoding.encode(value),
            headers: headers
        )
    }

    /// Text of the media type that the call declares.
    public static func text(_ text: String, mediaType: String) -> APIReply {
        APIReply(status: nil, mediaType: mediaType, bytes: Array(text.utf8), headers: [:])
    }

    /// No body; `status` where it is another than the call declares.
    public static func empty(_ status: HTTPResponse.Status? = nil, headers: HTTPFields = [:]) -> APIReply {
        APIReply(status: status, mediaType: nil, bytes: [], headers: headers)
    }
}
