import HTTPTypes
import Hummingbird
import PageKit

/// `/live?of=PATH`: the stream of a page's values.
enum LivePage {
    static func add(to routes: inout ConsoleRoutes) {
        routes.stream("/live", fields: ["of"]) { visit in
            let (parts, path) = (visit.parts, visit.query["of"] ?? "/")
            // Keys begin with the page that shows them; what a page below shows is not wanted.
            let known = Set(LiveValues.of(await parts.sampler.current()).keys).union(await parts.operations.liveKeys)
            let prefix = path == "/" ? "overview/" : path.dropFirst() + "/"
            let keys = known.filter { $0.description.hasPrefix(prefix) }
            return try await visit.openStream(showing: keys)
        }
    }
}

extension Visit {
    /// A stream to the page that asks for it.
    ///
    /// - Throws: 503 where there are as many as there may be.
    func openStream(showing keys: Set<LiveKey>) async throws -> LiveStream {
        do {
            return try await parts.board.open(keys, session: viewer.session)
        } catch {
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "30"],
                message: "As many pages are open as there may be; this one stays as it is."
            )
        }
    }
}
