import Postgres

/// Where a schedule of a system is, as its database has it.
struct ScheduledTick: CustomStringConvertible {
    let service: String
    let schedule: String
    /// Its scheduler has noted it.
    var isNoted = false
    /// When its next tick is run, or tried again; nil in a pause.
    var due: Timestamp?
    /// An operator has asked for a run.
    var isRequested = false
    /// No sooner than this, whatever is due or asked for.
    var retryAt: Timestamp?
    /// When its tick at hand failed last, by the system's clock.
    var failedAt: Timestamp?
    var error: String?

    var description: String { "\(schedule) of \(service) is to be run" }

    /// Whether its scheduler has something to do.
    func isDue(at now: Timestamp) -> Bool {
        guard isNoted else { return true }
        if let retryAt, retryAt > now { return false }
        return isRequested || due.map { $0 <= now } ?? false
    }

    /// Which failure it is, if it fails: another time, another one.
    var failed: String? { failedAt.map { "\(service) \(schedule) \($0)" } }

    /// What it failed with and has not succeeded since.
    var failure: String? { error.map { "\(schedule) of \(service) fails: \($0)" } }
}
