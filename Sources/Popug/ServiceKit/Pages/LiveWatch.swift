import Logging
import PageKit
import ServiceLifecycle

/// Keeps open pages fresh: asks once a second for what any of them shows, and ends the streams of sessions that have ended in another
/// process. While no page is open it asks nothing.
struct LiveWatch: Service {
    let board: LiveBoard
    let source: any LiveSource
    let sessions: any SessionStore
    let logger: Logger
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
        for session in watching.subtracting(try await sessions.present(of: watching)) {
            await board.end(session: session)
        }
        let keys = await board.watched
        if !keys.isEmpty { await board.publish(try await source.values(of: keys)) }
        await board.forgetUnwatched()
    }
}
