public import HTTPKit
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
    ///   - proxies: Who is believed to tell where a request comes from. Default: nobody.
    ///   - logger: Gets what clients are not told: the reasons of refused tokens, and faults of ours.
    public func router(
        verifier: any TokenVerifying,
        proxies: TrustedProxies = .none,
        logger: Logger
    ) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: TracingMiddleware(recordingHeaders: [], redactingQueryParameters: Self.secretFields))
        router.add(middleware: MetricsMiddleware())
        let described = adding([description])
        router.add(middleware: HeadMiddleware())
        router.add(middleware: ProblemMiddleware(api: described, logger: logger))
        for call in described.calls {
            let responder = CallResponder(call: call, verifier: verifier, proxies: proxies, logger: logger)
            for method in call.methods { router.on(RouterPath(call.path), method: method, responder: responder) }
        }
        pages?.add(to: router.group(), proxies: proxies)
        return router
    }

    /// Fields of addresses that no trace shows.
    private static let secretFields: Set = ["code", "state", "nonce", "id_token_hint"]
}

extension APICall {
    /// What can be read can be asked about: HEAD is GET without the body.
    var methods: [HTTPRequest.Method] { method == .get ? [.get, .head] : [method] }
}

/// An answer to HEAD has the fields of that to GET, its length too, and no body: a client would take the body for the
/// beginning of the next answer.
private struct HeadMiddleware: RouterMiddleware {
    typealias Context = APIContext

    @concurrent func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        return request.method == .head ? response.createHeadResponse() : response
    }
}

/// Answers one call.
private struct CallResponder: HTTPResponder {
    typealias Context = APIContext

    let call: APICall
    let verifier: any TokenVerifying
    let proxies: TrustedProxies
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        context.coreContext.endpointPath.value = call.path
        let caller = try await caller(request, context)
        let values = try RequestReader.parameters(of: call, uri: request.uri, path: context.parameters)
        let body = try await RequestReader.body(of: call, request)
        let reply = try await call.perform(
            APIRequest(
                caller: caller,
                address: proxies.client(of: context.remoteAddress?.ipAddress ?? "", request.headers),
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
