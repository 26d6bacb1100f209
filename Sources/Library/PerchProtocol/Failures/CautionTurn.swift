/// Whose turn it is, among the workers of a process, to try an event that may end it: one worker a process does so, or an
/// attempt would be counted for an event that had nothing to do with it. After each such event the turn is given back.
struct CautionTurn: Sendable {
    private enum State {
        case unwanted
        case awaited
        case used
    }

    private var state = State.unwanted
    /// Whether this worker is the one of its process.
    private var isGranted = true
    private var mustYield = false

    var isWanted: Bool { state != .unwanted }

    mutating func grant(_ isGranted: Bool) { self.isGranted = isGranted }

    /// What is next is asked anew.
    mutating func yield() {
        mustYield = state == .used
        state = .unwanted
    }

    mutating func drop() { state = .unwanted }

    /// Whether it is ours.
    mutating func take() -> Bool {
        // The one before is given back first, so that whoever waits gets it.
        guard !mustYield else { return false }
        state = isGranted ? .used : .awaited
        return isGranted
    }
}
