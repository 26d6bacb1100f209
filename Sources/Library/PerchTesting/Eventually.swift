/// Waits until a condition holds, and checks it again and again: for facts that another process or thread brings about.
///
/// - Parameters:
///   - what: Named in the error.
///   - timeout: Ends a test that hangs; 20 minutes by default. It is no measure of speed: a machine that is busy does in a
///     minute what another does in a second, and both are right.
/// - Throws: `NeverHappened`, or what `isSo` throws.
public func eventually(
    _ what: String,
    within timeout: Duration = .seconds(1200),
    _ isSo: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while try await !isSo() {
        guard clock.now < deadline else { throw NeverHappened(what: what, timeout: timeout) }
        try await Task.sleep(for: .milliseconds(5))
    }
}
