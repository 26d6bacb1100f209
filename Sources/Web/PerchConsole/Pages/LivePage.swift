import HTTPTypes
import Hummingbird
import PageKit

/// `/live?of=PATH`: the stream of a page's values.
enum LivePage {
    static func add(to routes: ConsoleRoutes) {
        let parts = routes.parts
        routes.router.get("/live") { request, context in
            guard let viewer = context.viewer else { throw HTTPError(.unauthorized) }
            let path = request.uri.queryParameters["of"].map { String($0) } ?? "/"
            // Keys begin with the page that shows them; what a page below shows is not wanted.
            let known = Set(LiveValues.of(await parts.sampler.current()).keys).union(await parts.operations.liveKeys)
            let prefix = path == "/" ? "overview/" : path.dropFirst() + "/"
            let keys = known.filter { $0.description.hasPrefix(prefix) }
            do {
                return try await parts.board.open(keys, session: viewer.session).response(to: request)
            } catch {
                throw HTTPError(
                    .serviceUnavailable,
                    headers: [.retryAfter: "30"],
                    message: "As many pages are open as there may be; this one stays as it is."
                )
            }
        }
    }
}
