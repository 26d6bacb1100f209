import Foundation
import HTTPKit
import Hummingbird
import Logging
import PageKit
import ServiceLifecycle
import UnixSignals

/// Serves the style guide on a free port of this machine, or on the one that its argument names, until it is ended. The first line that
/// it prints is the address. Its live values change by themselves.
@main
enum PageStyleguide {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
        let board = LiveBoard()
        let router = Router(context: PageContext.self)
        router.add(middleware: SecurityHeaders())
        Assets.shared.add(to: router)
        Styleguide(board: board).add(to: router)
        var logger = Logger(label: "styleguide")
        logger.logLevel = .warning
        let server = EdgeServer(router: router, host: "127.0.0.1", port: port, logger: logger) { port in
            let line = "http://127.0.0.1:\(port)/styleguide\n"
            FileHandle.standardOutput.write(Data(line.utf8))
        }
        let group = ServiceGroup(
            services: [server, Changes(board: board)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }
}

/// New values, some times a second.
private struct Changes: Service {
    let board: LiveBoard

    func run() async throws {
        var count: UInt64 = 0
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            count += 1
            let line = (0..<60).map { Optional(Double((count + $0) % 17)) }
            await board.publish([
                "rate": NumberText.count(180 + count % 9), "oldest": NumberText.count(count % 60),
                "lag": NumberText.count(9_007_199_254_740_990 + count), "lag/line": Sparkline.path(of: line),
                "done": "\(9_107 + count % 3000)",
                "done/words": ProgressBar.words(done: 9_107 + count % 3000, of: 12_304, unit: "events"),
            ])
            // habits: it waits for nothing, it makes values for whoever looks
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
