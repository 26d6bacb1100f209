import PerchProtocol

/// COMMITs whose answer is waited for later.
extension WorkerActor {
    func submit() {
        sendCommit()
        submittedFences.append(fences)
        goOnUnanswered()
        advance(.done)
    }

    func awaitOutcome() {
        stage = .awaitingOutcome
        if simulation.sabotage == .outcomeNotAwaited {
            unawaited.removeFirst()
            submittedFences.removeFirst()
            return advance(.committed)
        }
        if unawaited.first?.answer != nil { conclude() }
    }

    func conclude() {
        let answer = unawaited.removeFirst().answer
        fences = submittedFences.removeFirst()
        guard case .postgres(let replies)? = answer else { return advance(.failed) }
        committed(replies)
    }
}
