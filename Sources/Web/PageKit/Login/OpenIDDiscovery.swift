import HTTPKit
import Logging

/// What is known of the issuer. One for all logins of a process.
///
/// It is asked at the first login, and again after an hour. While it does not answer, what it said serves on; it is asked again after a
/// second, then after two, four, and so on up to a minute.
package actor OpenIDDiscovery {
    /// Gets the discovery document.
    typealias Fetch = @Sendable () async throws -> [UInt8]

    /// How old a document is asked for again.
    static let timeToLive = Duration.seconds(3600)
    /// How long ago the issuer has to have answered to be taken for there.
    static let recent = Duration.seconds(30)

    private let issuer: String
    private let fetch: Fetch
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var known: OpenIDProvider?
    private var answeredAt: ContinuousClock.Instant?
    private var failure: LoginError?
    private var failedAt: ContinuousClock.Instant?
    private var failures = 0
    private var flight: Task<Void, Never>?

    init(
        issuer: String,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping Fetch
    ) {
        (self.issuer, self.logger, self.now, self.fetch) = (issuer, logger, now, fetch)
    }

    /// What the issuer said last.
    ///
    /// - Throws: `LoginError`: `.issuerAway` or `.issuerUnusable` while it has never said anything of use.
    func provider() async throws(LoginError) -> OpenIDProvider {
        if known == nil || age.map({ $0 >= Self.timeToLive }) ?? true { await ask() }
        guard let known else { throw failure ?? LoginError(.issuerAway, "it was not asked") }
        return known
    }

    /// What the issuer says now. It is asked where it has not answered within half a minute.
    ///
    /// - Throws: `LoginError` while it does not answer, whatever it said before: nobody is led there.
    func present() async throws(LoginError) -> OpenIDProvider {
        if failure != nil || age.map({ $0 >= Self.recent }) ?? true { await ask() }
        if let failure { throw failure }
        return try await provider()
    }

    private var age: Duration? { answeredAt.map { $0.duration(to: now()) } }

    /// After so many failures.
    private var pause: Duration { .seconds(min(60, 1 << min(6, max(0, failures - 1)))) }

    /// Of all who ask at the same time one does.
    private func ask() async {
        if let flight { return await flight.value }
        if let failedAt, failedAt.duration(to: now()) < pause { return }
        let started = Task { await load() }
        flight = started
        await started.value
    }

    private func load() async {
        defer { flight = nil }
        do {
            let provider = try OpenIDProvider(json: try await fetch(), issuer: issuer)
            if failure != nil { logger.notice("the issuer answers again", metadata: ["issuer": "\(issuer)"]) }
            (known, answeredAt, failure, failedAt, failures) = (provider, now(), nil, nil, 0)
        } catch {
            let found = error as? LoginError ?? LoginError(.issuerAway, "its discovery document: \(error)")
            // Once for each time that the issuer is away.
            logger.log(
                level: failure == nil ? .warning : .debug,
                "the issuer cannot be used",
                metadata: ["issuer": "\(issuer)", "reason": "\(found)"]
            )
            (failure, failedAt, failures) = (found, now(), min(failures + 1, 100))
        }
    }
}
