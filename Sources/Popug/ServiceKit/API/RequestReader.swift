import HTTPKit
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Perch
import StrictJSON

/// Reads what a request carries and checks it against its call. Everything here comes from strangers.
enum RequestReader {
    /// The largest body of any call.
    static let largestBody = 256 * 1024
    /// The most fields of a query or a form: each costs more than its bytes.
    static let mostFields = 100

    // MARK: Path and query

    /// The values of the call's parameters that the request has, each of them as the call describes it.
    static func parameters(of call: APICall, uri: URI, path: Parameters) throws -> [String: String] {
        var values: [String: String] = [:]
        var errors: [Problem.InvalidValue] = []
        let query = try fields(uri.query ?? "", of: "query")
        for parameter in call.parameters {
            let text: String?
            switch parameter.place {
            case .path: text = path.get(parameter.name).flatMap(decoded)
            case .query: text = query[parameter.name]
            }
            guard let text else {
                if parameter.isRequired {
                    errors.append(
                        .init(name: parameter.name, message: "expected \(parameter.schema.expectation), got nothing")
                    )
                }
                continue
            }
            if let problem = parameter.schema.problem(of: text) {
                errors.append(.init(name: parameter.name, message: problem))
            }
            values[parameter.name] = text
        }
        guard errors.isEmpty else { throw Problem(.invalidValues, errors: errors) }
        return values
    }

    /// The fields of a query or a form. One that comes twice means different things to different readers: it is refused.
    static func fields(_ text: String, of place: String) throws -> [String: String] {
        guard text.utf8.count(where: { $0 == UInt8(ascii: "&") }) < mostFields else {
            throw Problem(.badRequest, "the \(place) has more than \(mostFields) fields")
        }
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0], isForm: true),
                let value = decoded(parts.count == 2 ? parts[1] : "", isForm: true)
            else { throw Problem(.badRequest, "the \(place) is not percent-encoded UTF-8") }
            guard fields.updateValue(value, forKey: name) == nil else {
                throw Problem(.badRequest, "the \(place) has a field twice")
            }
        }
        return fields
    }

    private static func decoded(_ text: String) -> String? { decoded(text[...], isForm: false) }

    /// Percent-decoded; nil where that gives no UTF-8.
    private static func decoded(_ text: Substring, isForm: Bool) -> String? {
        (isForm ? String(text).replacing("+", with: " ") : String(text)).removingPercentEncoding
    }

    // MARK: Body

    /// The body as the call takes it.
    static func body(of call: APICall, _ request: Request) async throws -> (json: JSONValue?, form: [String: String]) {
        switch call.body {
        case .none:
            return (nil, [:])
        case .json(let schema):
            let bytes = try await bytes(of: request, mediaType: "application/json")
            let root: JSONValue
            do {
                root = try JSONDocument(bytes).root
            } catch {
                throw Problem(.badRequest, "\(error)")
            }
            let problems = schema.problems(of: root)
            guard problems.isEmpty else { throw Problem(.invalidValues, errors: problems) }
            return (root, [:])
        case .form(let schema):
            let bytes = try await bytes(of: request, mediaType: "application/x-www-form-urlencoded")
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Problem(.badRequest, "the form is not UTF-8")
            }
            let fields = try fields(text, of: "form")
            let problems = schema.problems(of: fields)
            guard problems.isEmpty else { throw Problem(.invalidValues, errors: problems) }
            return (nil, fields)
        }
    }

    private static func bytes(of request: Request, mediaType: String) async throws -> [UInt8] {
        let sent = request.headers[.contentType]?.split(separator: ";").first.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard sent?.lowercased() == mediaType else {
            throw Problem(.unsupportedMediaType, "expected Content-Type: \(mediaType)")
        }
        do {
            return Array(buffer: try await request.body.collect(upTo: largestBody))
        } catch is NIOTooManyBytesError {
            throw Problem(.tooLarge, "expected at most \(largestBody) bytes")
        } catch is BodyTookTooLong {
            throw Problem(.requestTimeout, "send the body faster")
        } catch {
            // The client has gone, or what it sends are no chunks: no fault of ours.
            throw Problem(.badRequest, "the body does not come to its end")
        }
    }
}

extension Schema {
    /// Everything in which the fields of a form are not as described.
    fileprivate func problems(of fields: [String: String]) -> [Problem.InvalidValue] {
        guard case .structure(_, let properties) = self else { return [] }
        return properties.compactMap { property in
            guard let text = fields[property.name] else {
                return property.isRequired
                    ? .init(name: property.name, message: "expected \(property.schema.expectation), got nothing") : nil
            }
            return property.schema.problem(of: text).map { .init(name: property.name, message: $0) }
        }
    }
}
