import Foundation
import LocalServers
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
        do {
            let process = try ChildProcess.start(plan.arguments, plan.environment, log: site.log(plan.name))
            // Not cancelled with this one: the process is waited for.
            let end = Task { while process.exit == nil { try? await Task.sleep(for: .milliseconds(50)) } }
            await withTaskCancellationHandler {
                await end.value
            } onCancel: {
                kill(process.pid, SIGTERM)
            }
        } catch {
            LiveLine.note("dev: \(plan.name) cannot be started: \(error)")
        }
    }
}
