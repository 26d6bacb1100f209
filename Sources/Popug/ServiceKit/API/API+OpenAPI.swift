import HTTPTypes
import Perch

/// The API's description, made from the very values that are served.
///
/// [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0)
extension API {
    /// `GET /openapi.json`
    var description: APICall {
        let call = APICall(
            .get,
            "/openapi.json",
            "This description.",
            access: .anyone,
            answer: .json(.ok, .object([]), "An OpenAPI 3.1 document.")
        ) { _ in .empty() }
        let document = openAPI(calls + [call])
        return APICall(
            call.method,
            call.path,
            call.summary,
            access: call.access,
            answer: call.answer
        ) { _ in try .json(document) }
    }

    func openAPI(_ calls: [APICall]) -> JSONTree {
        var components = Components()
        var paths: [(String, [(String, JSONTree)])] = []
        for call in calls {
            let operation = (call.method.rawValue.lowercased(), Self.operation(call, &components))
            if let index = paths.firstIndex(where: { $0.0 == call.path }) {
                paths[index].1.append(operation)
            } else {
                paths.append((call.path, [operation]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(service), "description": .string(title), "version": "1"],
            "paths": .object(paths.map { ($0, .object($1)) }),
            "components": [
                "schemas": .object(components.schemas),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
                ],
            ],
        ]
    }

    private static func operation(_ call: APICall, _ components: inout Components) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("operationId", .string(operationID(call))), ("summary", .string(call.summary)),
            ("description", .string("For: \(call.access.summary).")),
        ]
        if call.access != .anyone { members.append(("security", [["token": []]])) }
        if !call.parameters.isEmpty {
            members.append(("parameters", .array(call.parameters.map { parameter($0, &components) })))
        }
        switch call.body {
        case .none: break
        case .json(let schema): members.append(("requestBody", body("application/json", schema, &components)))
        case .form(let schema):
            members.append(("requestBody", body("application/x-www-form-urlencoded", schema, &components)))
        }
        members.append(("responses", .object(responses(call, &components))))
        return .object(members)
    }

    /// `get_v1_tickets_ticket_id`
    private static func operationID(_ call: APICall) -> String {
        let words = call.path.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return ([call.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static func parameter(_ parameter: ParameterDescription, _ components: inout Components) -> JSONTree {
        var schema = components.describe(parameter.schema)
        if let standard = parameter.standard, case .object(let members) = schema {
            schema = .object(members + [("default", Int64(standard).map { .integer($0) } ?? .string(standard))])
        }
        return [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .boolean(parameter.place == .path || parameter.isRequired),
            "description": .string(parameter.note), "schema": schema,
        ]
    }

    private static func body(_ mediaType: String, _ schema: Schema, _ components: inout Components) -> JSONTree {
        let content: JSONTree = ["schema": components.describe(schema)]
        return ["required": true, "content": .object([(mediaType, content)])]
    }

    private static func responses(_ call: APICall, _ components: inout Components) -> [(String, JSONTree)] {
        var answer: [(String, JSONTree)] = [("description", .string(call.answer.note))]
        switch call.answer.content {
        case .none: break
        case .json(let schema):
            let content: JSONTree = ["application/json": ["schema": components.describe(schema)]]
            answer.append(("content", content))
        case .other(let mediaType):
            let content: JSONTree = ["schema": ["type": "string"]]
            answer.append(("content", .object([(mediaType, content)])))
        }
        let problem: JSONTree = ["schema": components.describe(ProblemDocument.schema)]
        let statuses = Dictionary(grouping: call.allProblems, by: \.status.code).sorted { $0.key < $1.key }
        return [(String(call.answer.status.code), .object(answer))]
            + statuses.map { code, kinds in
                let response: JSONTree = [
                    "description": .string(kinds.map { "\($0.title) (\($0.code))" }.joined(separator: "; ")),
                    "content": .object([("application/problem+json", problem)]),
                ]
                return (String(code), response)
            }
    }
}

extension APICall {
    /// Everything that it can be refused with: its own problems, and those that follow from what it takes.
    var allProblems: [Problem.Kind] {
        var kinds: [Problem.Kind] = []
        // Anything with a query can be sent one that cannot be read.
        kinds += [.badRequest]
        if access != .anyone { kinds.append(.unauthorized) }
        kinds.append(.unavailable)
        switch access.rule {
        case .anyone: break
        case .roles(let roles) where roles == Access.everyRole: break
        default: kinds.append(.forbidden)
        }
        if !parameters.isEmpty || body != .none { kinds.append(.invalidValues) }
        if body != .none { kinds += [.requestTimeout, .tooLarge, .unsupportedMediaType] }
        kinds += [.methodNotAllowed]
        for problem in problems where !kinds.contains(problem) { kinds.append(problem) }
        return kinds
    }
}

/// The schemas that have names, each described once.
private struct Components {
    var schemas: [(String, JSONTree)] = []

    /// The schema, or a reference to it where it has a name.
    mutating func describe(_ schema: Schema) -> JSONTree {
        guard case .structure(let name?, let properties) = schema else { return definition(of: schema) }
        if !schemas.contains(where: { $0.0 == name }) {
            let definition = definition(of: .structure(name: nil, properties))
            schemas.append((name, definition))
        }
        return ["$ref": .string("#/components/schemas/\(name)")]
    }

    private mutating func definition(of schema: Schema) -> JSONTree {
        switch schema {
        case .text(let format, let length, let pattern):
            var members: [(String, JSONTree)] = [("type", "string")]
            if let format { members.append(("format", .string(format.rawValue))) }
            if length.lowerBound > 0 { members.append(("minLength", .integer(Int64(length.lowerBound)))) }
            members.append(("maxLength", .integer(Int64(length.upperBound))))
            if let pattern { members.append(("pattern", .string(pattern))) }
            return .object(members)
        case .choice(let choices):
            return ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .either(let choices, let schema):
            return ["anyOf": .array([definition(of: .choice(choices)), describe(schema)])]
        case .whole(let range):
            var members: [(String, JSONTree)] = [("type", "integer"), ("format", "int64")]
            if range.lowerBound > .min { members.append(("minimum", .integer(range.lowerBound))) }
            if range.upperBound < .max { members.append(("maximum", .integer(range.upperBound))) }
            return .object(members)
        case .boolean:
            return ["type": "boolean"]
        case .list(let element):
            return ["type": "array", "items": describe(element)]
        case .structure(_, let properties):
            var members: [(String, JSONTree)] = [("type", "object")]
            let required = properties.filter(\.isRequired).map { JSONTree.string($0.name) }
            if !required.isEmpty { members.append(("required", .array(required))) }
            members.append(
                (
                    "properties",
                    .object(
                        properties.map { property in
                            let schema = describe(property.schema)
                            guard let note = property.note, case .object(let members) = schema else {
                                return (property.name, schema)
                            }
                            return (property.name, .object(members + [("description", .string(note))]))
                        }
                    )
                )
            )
            return .object(members)
        }
    }
}
