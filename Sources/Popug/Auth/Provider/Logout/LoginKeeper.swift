import Foundation
import Logging
import Perch
import Postgres
public import ServiceLifecycle
import Synchronization

/// Ends logins that are over by the clock, and tells programs which logins have ended: those that this process has ended at once,
/// those that others have ended within a second or so. Several processes of auth share the work; what one was about to tell
/// when it died, another tells.
public struct LoginKeeper: Service {
    private static let batch = 100

    let sso: SSOSessions
    let logouts: Logouts
    let teller: LogoutTeller
    let logger: Logger
    private let trouble = Trouble()

    init(sso: SSOSessions, logouts: Logouts, teller: LogoutTeller, logger: Logger) {
        (self.sso, self.logouts, self.teller, self.logger) = (sso, logouts, teller, logger)
    }

    /// Runs until its task is cancelled or its service group shuts down gracefully.
    public func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await endOverdue() }
                await tell(in: &group)
                group.cancelAll()
            }
        }
    }

    /// Ends what is over, again and again.
    private func endOverdue() async {
        while !Task.isCancelled {
            do {
                while try await sso.endOverdue(most: Self.batch) == Self.batch {}
                trouble.isOver()
            } catch {
                trouble.note(error, logger)
            }
            logouts.bell.ring()
            try? await Task.sleep(for: logouts.pace.period)
        }
    }

    /// Tells those who are due, so many at a time.
    private func tell(in group: inout DiscardingTaskGroup) async {
        let places = Places(logouts.pace.atOnce)
        let bell = logouts.bell
        for await _ in bell.rings {
            while places.take() {
                guard let due = await claim() else {
                    places.giveBack()
                    break
                }
                group.addTask {
                    await tell(due)
                    places.giveBack()
                    bell.ring()
                }
            }
        }
    }

    private func claim() async -> Logouts.Due? {
        do {
            return try await logouts.claim()
        } catch {
            trouble.note(error, logger)
            return nil
        }
    }

    private func tell(_ due: Logouts.Due) async {
        do {
            let outcome = try await teller.tell(due)
            // Whoever is stopped meanwhile knows nothing of it: the claim runs out, and another tells it.
            try Task.checkCancellation()
            try await logouts.settle(due, outcome)
        } catch {
            trouble.note(error, logger)
        }
    }
}

/// Places of those who are told at the same time.
private final class Places: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    /// Whether there was one.
    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}

/// Logs once what fails again and again.
private final class Trouble: Sendable {
    private let isKnown = Mutex(false)

    func note(_ error: any Error, _ logger: Logger) {
        if error is CancellationError { return }
        let wasKnown = isKnown.withLock { known in
            defer { known = true }
            return known
        }
        if wasKnown { return }
        logger.warning("ends of logins are not told just now", metadata: ["error": "\(error)"])
    }

    func isOver() { isKnown.withLock { $0 = false } }
}
