import Logging
import PageKit
import ServiceLifecycle

/// Keeps open pages fresh: asks once a second for what any of them shows, and ends the streams of sessions that have ended in another
/// process. While no page is open it asks nothing.
struct LiveWatch: Service {
    let board: LiveBoard
    let source: any LiveSource
    let sessions: any SessionStore
    let feeds = LiveFeeds()
    let logger: Logger
    /// Nil: nobody knows, and nothing is said.
    var lag: HandlerLag?
    var pause = Duration.seconds(1)

    func run() async throws {
        var isTroubled = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                try await look()
                isTroubled = false
            } catch {
                // Said once: the pages say since when they are not fresh.
                if !isTroubled { logger.warning("open pages are not kept fresh", metadata: ["error": "\(error)"]) }
                isTroubled = true
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
    }

    /// One look.
    func look() async throws {
        let watching = await board.sessions
        guard !watching.isEmpty else { return }
        let keys = await board.watched
        // First: it says so where the database does not answer.
        if let lag, keys.contains(HandlerLag.key) { await board.publish([HandlerLag.key: await lag.words()]) }
        for session in watching.subtracting(try await sessions.present(of: watching)) {
            await board.end(session: session)
        }
        let own = keys.subtracting([HandlerLag.key])
        if !own.isEmpty { await board.publish(try await source.values(of: own)) }
        try await feeds.look(source, board)
        await board.forgetUnwatched()
    }
}
