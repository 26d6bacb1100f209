import PerchOperating

/// The readers for what is asked of the servers while somebody waits: an event, a trace, a list. As many questions run at a time as there
/// are readers; a further one waits its turn, and one whose asker has left is dropped.
actor ReaderPool {
    private var free: [OperatedSystem]
    private var waiting: [(id: Int, CheckedContinuation<OperatedSystem?, Never>)] = []
    private var lastNumber = 0

    /// - Parameter count: How many questions run at a time.
    init(_ connections: SystemConnections, count: Int = 2) {
        free = (0..<count).map { _ in OperatedSystem(connections) }
    }

    /// Asks a question.
    ///
    /// - Throws: what it throws; `CancellationError` where the asker left before its turn.
    nonisolated func ask<R: Sendable>(
        _ question: @Sendable (OperatedSystem) async throws -> R
    ) async throws -> R {
        let system = try await take()
        do {
            let answer = try await question(system)
            await give(system)
            return answer
        } catch {
            await give(system)
            throw error
        }
    }

    private func take() async throws -> OperatedSystem {
        if let system = free.popLast() { return system }
        lastNumber += 1
        let number = lastNumber
        let system: OperatedSystem? = await withTaskCancellationHandler {
            await withCheckedContinuation { (turn: CheckedContinuation<OperatedSystem?, Never>) in
                if Task.isCancelled { turn.resume(returning: nil) } else { waiting.append((number, turn)) }
            }
        } onCancel: {
            Task { await self.drop(number) }
        }
        guard let system else { throw CancellationError() }
        return system
    }

    private func drop(_ number: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == number }) else { return }
        waiting.remove(at: index).1.resume(returning: nil)
    }

    private func give(_ system: OperatedSystem) {
        if waiting.isEmpty { free.append(system) } else { waiting.removeFirst().1.resume(returning: system) }
    }
}
