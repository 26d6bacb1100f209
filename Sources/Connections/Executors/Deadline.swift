/// What the work gives, or nil if that takes longer. It is cancelled then, and not waited for: it may be blocked.
package func firstWithin<R: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async -> R) async -> R? {
    let (answers, answer) = AsyncStream<R?>.makeStream()
    let working = Task { answer.yield(await work()) }
    let waiting = Task {
        try? await Task.sleep(for: limit)
        answer.yield(nil)
    }
    defer {
        working.cancel()
        waiting.cancel()
    }
    for await first in answers { return first }
    return nil
}
