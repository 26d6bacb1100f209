import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PageKit

/// The routes of the console. Each names the right that it needs; the list of them is what the tests of rights go through.
struct ConsoleRoutes {
    /// What can be asked for, and what it needs.
    struct Entry: Sendable, Hashable {
        let method: HTTPRequest.Method
        let path: String
        let right: Right
    }

    let parts: ConsoleParts
    let router: Router<ConsoleContext>
    private(set) var entries: [Entry] = []

    init(_ router: Router<ConsoleContext>, _ parts: ConsoleParts) { (self.router, self.parts) = (router, parts) }

    /// A page, and `PATH.json` with its document.
    ///
    /// - Parameters:
    ///   - path: `/groups/{group}`; a part in braces is a parameter.
    ///   - fields: The fields of its address, in their order; others are told, and not ignored.
    mutating func page(
        _ path: String,
        _ right: Right = .look,
        fields: [String] = [],
        _ answer: @escaping @Sendable (Visit) async throws -> Answer
    ) {
        entries.append(Entry(method: .get, path: path, right: right))
        let parts = parts
        let handle: @Sendable (Request, ConsoleContext, _ isJSON: Bool) async throws -> Response = {
            request,
            context,
            isJSON in
            let visit = try Self.visit(request, context, parts, fields + ["live", "every"])
            try visit.require(right)
            let unknown = visit.query.unknown(besides: Set(visit.knownFields + ["done"]))
            guard unknown.isEmpty else {
                throw HTTPError(.badRequest, message: Self.words(unknown: unknown, known: fields))
            }
            var answer = try await answer(visit)
            // Any page may be the one that a form led to.
            if answer.page.message == nil { answer.page.message = await visit.message() }
            answer.page.notices += await HeldTopics.notices(visit)
            guard isJSON else {
                var response = answer.page.response(answer.status)
                if let location = answer.location { response.headers[.location] = location.description }
                if let every = visit.query["every"].flatMap({ Int($0) }), (5...3600).contains(every) {
                    if let name = HTTPField.Name("Refresh") { response.headers[name] = "\(every)" }
                }
                return response
            }
            guard let document = answer.document else {
                throw HTTPError(.notFound, message: "This page has no document.")
            }
            return try Self.json(document, answer.status)
        }
        router.get(RouterPath(path)) { request, context in
            try await handle(request, context, request.uri.path.hasSuffix(".json"))
        }
        // Where the last part is a parameter, its value carries the `.json`.
        if !path.hasSuffix("}") {
            router.get(RouterPath(path == "/" ? "/overview.json" : path + ".json")) { request, context in
                try await handle(request, context, true)
            }
        }
    }

    /// What keeps an open page fresh.
    mutating func stream(
        _ path: String,
        fields: [String],
        _ open: @escaping @Sendable (Visit) async throws -> LiveStream
    ) {
        response(path, .look, fields: fields) { visit, request in try await open(visit).response(to: request) }
    }

    /// What is taken away as a file.
    mutating func file(
        _ path: String,
        _ right: Right = .look,
        fields: [String],
        _ answer: @escaping @Sendable (Visit) async throws -> Response
    ) {
        response(path, right, fields: fields) { visit, _ in try await answer(visit) }
    }

    private mutating func response(
        _ path: String,
        _ right: Right,
        fields: [String],
        _ answer: @escaping @Sendable (Visit, Request) async throws -> Response
    ) {
        entries.append(Entry(method: .get, path: path, right: right))
        let parts = parts
        router.get(RouterPath(path)) { request, context in
            let visit = try Self.visit(request, context, parts, fields)
            try visit.require(right)
            let unknown = visit.query.unknown(besides: Set(fields))
            guard unknown.isEmpty else {
                throw HTTPError(.badRequest, message: Self.words(unknown: unknown, known: fields))
            }
            return try await answer(visit, request)
        }
    }

    /// What a form is sent to.
    mutating func form(
        _ path: String,
        _ right: Right,
        _ act: @escaping @Sendable (Visit, FormFields) async throws -> Outcome
    ) {
        entries.append(Entry(method: .post, path: path, right: right))
        let parts = parts
        router.post(RouterPath(path)) { request, context in
            let visit = try Self.visit(request, context, parts, [])
            try visit.require(right)
            let fields = try await FormFields(of: request)
            guard parts.tokens.accepts(fields[FormTokens.field], session: visit.viewer.session, action: visit.path)
            else {
                throw HTTPError(.forbidden, message: "This form was not made for this session. Load its page again.")
            }
            switch try await act(visit, fields) {
            case .done(let target): return Response(status: .seeOther, headers: [.location: target.description])
            case .kept(let lines, let target):
                var headers: HTTPFields = [.location: target.description]
                for line in lines { headers.append(HTTPField(name: .setCookie, value: line)) }
                return Response(status: .seeOther, headers: headers)
            case .page(let page, let status): return page.response(status)
            }
        }
    }

    private static func visit(
        _ request: Request,
        _ context: ConsoleContext,
        _ parts: ConsoleParts,
        _ fields: [String]
    ) throws -> Visit {
        guard let viewer = context.viewer else { throw HTTPError(.unauthorized) }
        var parameters: [String: String] = [:]
        for (name, value) in context.parameters {
            let text = String(value).removingPercentEncoding ?? String(value)
            parameters[String(name)] = text.hasSuffix(".json") ? String(text.dropLast(5)) : text
        }
        let path = request.uri.path
        var visit = try Visit(
            request,
            viewer,
            parts,
            path: path == "/overview.json" ? "/" : path.hasSuffix(".json") ? String(path.dropLast(5)) : path,
            parameters: parameters
        )
        visit.knownFields = fields
        visit.loginNotice = context.loginNotice
        return visit
    }

    private static func words(unknown: [String], known: [String]) -> String {
        let known = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
        return
            "This page has no field \(unknown.prefix(5).map { "“\(VisibleText.of($0.prefix(50)))”" }.joined(separator: ", ")): \(known)."
    }

    private static func json(_ document: @Sendable () throws -> String, _ status: HTTPResponse.Status) throws
        -> Response
    {
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[.cacheControl] = "no-store"
        let text = try document() + "\n"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
