import Foundation
import Perch
import ServiceLifecycle

/// A process to keep running.
struct ChildPlan: Sendable {
    let name: String
    let arguments: [String]
    let environment: [String: String]
}

/// Keeps the processes of the services running: one that ends by itself is started again, with backoff.
struct Supervisor: Service {
    let plans: [ChildPlan]
    let site: DevSite

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { tasks in
                for plan in plans { tasks.addTask { await keep(plan) } }
            }
        }
    }

    private func keep(_ plan: ChildPlan) async {
        let backoff = Backoff(first: .milliseconds(200), cap: .seconds(10), floor: .milliseconds(100))
        let clock = ContinuousClock()
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while !Task.isCancelled {
            let started = clock.now
            await runOnce(plan)
            if Task.isCancelled { return }
            failures = started.duration(to: clock.now) > .seconds(30) ? 1 : failures + 1
            let delay = backoff.delay(after: failures, using: &random)
            LiveLine.note("dev: \(plan.name) ended; started again in \(delay). Its log: \(site.log(plan.name))")
            try? await Task.sleep(for: delay)
        }
    }

    /// Runs it until it ends; on cancellation asks it to end in good order and waits for that.
    private func runOnce(_ plan: ChildPlan) async {
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        do {
            let process = try ChildProcess.start(plan.arguments, plan.environment, log: site.log(plan.name))
            process.terminationHandler = { _ in continuation.finish() }
            if !process.isRunning { continuation.finish() }
            let pid = process.processIdentifier
            await withTaskCancellationHandler {
                // Not the stream's own cancellation: the process is waited for.
                await Task { for await _ in ended {} }.value
            } onCancel: {
                kill(pid, SIGTERM)
            }
        } catch {
            LiveLine.note("dev: \(plan.name) cannot be started: \(error)")
        }
    }
}
