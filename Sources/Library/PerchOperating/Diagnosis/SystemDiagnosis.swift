/// Looks at servers, settings, schemas, streams and groups, and says what is not as it should be. It changes nothing.
public struct SystemDiagnosis: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// All that was found, also what is fine.
    ///
    /// What cannot be looked at is a finding too, so no server's failure is thrown. While events are on their way it looks twice, a second
    /// apart, to tell a standstill from slow progress.
    /// - Throws: `CancellationError`.
    public func findings() async throws -> [Diagnosis] {
        let (servers, first) = try await system.use { links in
            let diagnosis = LinkedDiagnosis(links: links)
            return (try diagnosis.servers(), try diagnosis.look())
        }
        var second = first
        if first.isMoving {
            try await Task.sleep(for: .seconds(1))
            second = try await system.use { try LinkedDiagnosis(links: $0).look() }
        }
        return try await system.use { [second] links in
            servers + (try LinkedDiagnosis(links: links).findings(first, later: second))
        }
    }
}
