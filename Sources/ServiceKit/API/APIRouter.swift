import HTTPTypes
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import Perch

extension API {
    /// Serves the calls, the description of them, and problem documents for everything else.
    ///
    /// - Parameters:
    ///   - verifier: Tells who a token belongs to.
    ///   - logger: Gets what clients are not told: the reasons of refused tokens, and faults of ours.
    public func router(verifier: any TokenVerifying, logger: Logger) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: TracingMiddleware(recordingHeaders: [], redactingQueryParameters: ["code", "state"]))
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: ProblemMiddleware(logger: logger))
        let all = calls + [description]
        for call in all {
            let responder = CallResponder(call: call, verifier: verifier, logger: logger)
            router.on(RouterPath(call.path), method: call.method, responder: responder)
        }
        for (path, calls) in Dictionary(grouping: all, by: \.path) {
            let allowed = Set(calls.map(\.method))
            for method in Self.methods where !allowed.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    throw MethodNotAllowed(allowed: allowed)
                }
            }
        }
        return router
    }

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]
}

/// Answers one call.
private struct CallResponder: HTTPResponder {
    typealias Context = APIContext

    let call: APICall
    let verifier: any TokenVerifying
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        context.coreContext.endpointPath.value = call.path
        let caller = try await caller(request, context)
        let values = try RequestReader.parameters(of: call, uri: request.uri, path: context.parameters)
        let body = try await RequestReader.body(of: call, request)
        let reply = try await call.perform(
            APIRequest(
                caller: caller,
                address: context.remoteAddress?.ipAddress ?? "",
                headers: request.headers,
                values: values,
                form: body.form,
                json: body.json
            )
        )
        return response(to: request, reply)
    }

    private func caller(_ request: Request, _ context: Context) async throws -> AuthenticatedUser? {
        let isOpen = call.access == .anyone
        guard let header = request.headers[.authorization] else {
            guard isOpen else { throw Problem(.unauthorized, "send an access token: Authorization: Bearer …") }
            return nil
        }
        // A call for anyone may carry credentials of another kind, or a token that has run out.
        if isOpen { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem(.unauthorized, "expected Authorization: Bearer …")
        }
        let user: AuthenticatedUser
        do {
            user = try await verifier.verify(String(parts[1]))
        } catch TokenError.keysUnavailable {
            throw Problem(.unavailable, "auth has not been reached yet to verify tokens", retryAfter: 1)
        } catch TokenError.invalid(let reason) {
            logger.info("token refused", metadata: ["reason": "\(reason)", "path": "\(call.path)"])
            throw Problem(.unauthorized, "the access token is not valid, or no longer: log in again")
        }
        guard call.access.allows(user, path: { context.parameters.get($0) }) else {
            throw Problem(.forbidden, "this is for: \(call.access.summary)")
        }
        return user
    }

    private func response(to request: Request, _ reply: APIReply) -> Response {
        var headers = reply.headers
        headers[.contentType] = reply.mediaType
        // Answers are for who asked: no cache between may keep them.
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(
            status: reply.status ?? call.answer.status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.bytes))
        )
    }
}
