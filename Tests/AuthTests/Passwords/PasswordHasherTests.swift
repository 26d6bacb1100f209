import Foundation
import Synchronization
import Testing

@testable import Auth

@Suite struct PasswordHasherTests {
    @Test func twoAreHashedAtOnceAndSixteenWait() async throws {
        let hasher = PasswordHasher(cost: 4)
        let hold = Hold()
        let tasks = (0..<18).map { _ in Task { try await hasher.borrow { hold.wait() } } }
        while await hasher.waitingCount < 16 { await Task.yield() }
        while hold.count < 2 { await Task.yield() }
        await #expect(throws: PasswordHasher.Busy.self) { try await hasher.hash("12345678") }
        #expect(hold.most == 2)
        hold.release()
        for task in tasks { try await task.value }
        #expect(hold.total == 18)
        #expect(hold.most == 2)
        #expect(try await hasher.hash("12345678").verify("12345678"))
    }

    @Test func whoIsCancelledLeavesTheLineToOthers() async throws {
        let hasher = PasswordHasher(cost: 4)
        let hold = Hold()
        let running = (0..<2).map { _ in Task { try await hasher.borrow { hold.wait() } } }
        while hold.count < 2 { await Task.yield() }
        let waiting = (0..<16).map { _ in Task { try await hasher.borrow { hold.wait() } } }
        while await hasher.waitingCount < 16 { await Task.yield() }
        for task in waiting { task.cancel() }
        for task in waiting { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(await hasher.waitingCount == 0)
        hold.release()
        for task in running { try await task.value }
        #expect(hold.total == 2)
        #expect(try await hasher.hash("12345678").verify("12345678"))
    }

    @Test func nobodysPasswordIsNeverRight() async throws {
        let hasher = PasswordHasher(cost: 4)
        func verify(_ password: String, _ hash: PasswordHash?) async throws -> Bool {
            try await hasher.verify(password, hash, costs: PasswordCosts(usual: 4, highest: 4), for: .local)
        }
        #expect(try await verify("", nil) == false)
        #expect(try await verify("12345678", nil) == false)
        #expect(try await verify("12345678", hasher.hash("12345678")))
        let nobody = PasswordHash(ofNobodyAtCost: 17)
        let somebody = try PasswordHash(of: "12345678", cost: 4)
        #expect(nobody.description.count == somebody.description.count + 1)
        #expect(nobody.cost == 17 && PasswordHash(nobody.description) == nobody)
    }
}

/// Holds threads until it is told to let them go, and counts them.
final class Hold: Sendable {
    private let condition = NSCondition()
    private let state = Mutex((count: 0, most: 0, total: 0, isOpen: false))

    var count: Int { state.withLock(\.count) }
    var most: Int { state.withLock(\.most) }
    var total: Int { state.withLock(\.total) }

    /// Blocks the thread.
    func wait() {
        condition.lock()
        state.withLock { state in
            state.count += 1
            state.total += 1
            state.most = max(state.most, state.count)
        }
        while !state.withLock(\.isOpen) { condition.wait() }
        state.withLock { $0.count -= 1 }
        condition.unlock()
    }

    func release() {
        condition.lock()
        state.withLock { $0.isOpen = true }
        condition.broadcast()
        condition.unlock()
    }
}
