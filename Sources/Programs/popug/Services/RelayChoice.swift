import ArgumentParser

/// Whether a process runs its service's relay beside the workers.
enum RelayChoice: String, ExpressibleByArgument, CaseIterable {
    /// Workers and no relay: one runs elsewhere.
    case none
    /// The relay and no workers.
    case only
    case both

    static let help: ArgumentHelp = """
        both: the relay beside the workers. none: workers only. only: the relay only. Of several relays of a service one is active, \
        the others stand by.
        """

    /// - Throws: `ValidationError` where nothing would run.
    func validate(workers: Int) throws {
        guard self != .none || workers > 0 else { throw ValidationError("--relay none and no workers: nothing to run") }
    }
}
