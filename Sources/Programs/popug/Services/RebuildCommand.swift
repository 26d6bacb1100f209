import Analytics
import ArgumentParser
import Foundation
import Perch
import PerchOperating
import Postgres
import ServiceKit

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Empty the read model and build it anew from the first event on.",
        discussion: """
            The workers (popug analytics work) do it, while new events keep flowing;
            until they are done, answers are incomplete. Needed after PAYOUT_TIME_ZONE
            was changed. It can be broken off: the workers go on. A stream that was
            trimmed is made again from the log by its owner's relay, which has to run.

            EXAMPLE
              popug analytics rebuild
            """
    )

    @OptionGroup var options: ServiceOptions
    @Flag(help: "Return at once; the workers go on by themselves.") var noWait = false

    func run() async throws {
        let settings = try options.settings()
        let service = try AnalyticsService.describe(settings)
        guard let group = service.consumerGroup else { return }
        var database = try settings.require(service.databaseSetting)
        database.applicationName = "popug-analytics-rebuild"
        var configuration = WorkerPool.Configuration(
            redis: try settings.require(.redisURL),
            postgres: database
        )
        configuration.naming = StreamNaming(namespace: settings[.redisNamespace] ?? "")
        let rewind = try GroupRewind(group: group, contract: try settings.contract(), configuration: configuration)
        let start = try await rewind.start(by: "\(NSUserName())@\(ProcessInfo.processInfo.hostName)")
        LiveLine.note("analytics: the read model is empty; \(start.total) events are replayed")
        if noWait { return }
        try await follow(rewind, from: start)
    }

    private func follow(_ rewind: GroupRewind, from start: GroupRewind.Progress) async throws {
        let clock = ContinuousClock()
        let began = clock.now
        var last = (progress: start, at: began)
        while !last.progress.isDone {
            try await Task.sleep(for: .milliseconds(500))
            let now: GroupRewind.Progress
            do {
                now = try await rewind.progress()
            } catch let error as PostgresError where error.isRetriable {
                LiveLine.show("analytics: Postgres is away; trying again")
                continue
            }
            let rate = Double(now.replayed - last.progress.replayed) / Self.seconds(last.at.duration(to: clock.now))
            last = (now, clock.now)
            let idle = now.workers == 0 ? " · no worker is running: popug analytics work" : ""
            LiveLine.show("\(now.replayed) of \(now.total) events · \(Int(max(0, rate)))/s\(idle)")
        }
        let time = (Self.seconds(began.duration(to: clock.now)) * 10).rounded() / 10
        LiveLine.note("analytics: done, \(start.total) events in \(time) s")
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return max(0.001, Double(seconds) + Double(attoseconds) / 1e18)
    }
}
