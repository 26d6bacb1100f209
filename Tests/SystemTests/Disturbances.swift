import Synchronization

/// When what was disturbed, for the judge of liveness.
///
/// A disturbance ends when its cause is over and the time that the system may take to get over it has passed as well.
final class Disturbances: Sendable {
    typealias Moment = ContinuousClock.Instant

    struct Disturbance {
        let what: String
        let begin: Moment
        var end: Moment?
    }

    private let all = Mutex<[Disturbance]>([])
    private let pace: Pace

    init(pace: Pace) { self.pace = pace }

    /// Something that lasts until `finish`.
    /// - Returns: its number.
    func begin(_ what: String) -> Int {
        all.withLock {
            $0.append(Disturbance(what: what, begin: .now, end: nil))
            return $0.count - 1
        }
    }

    /// - Parameter grace: Seconds that the system may take to get over it on a quiet machine; longer where this one is slow.
    func finish(_ number: Int, grace: Double) {
        let end = ContinuousClock.now + .seconds(grace * pace.stretch)
        all.withLock { $0[number].end = end }
    }

    /// Something that is done at once and disturbs for this long.
    func note(_ what: String, grace: Double) { finish(begin(what), grace: grace) }

    /// Whether anything disturbs the system at this moment.
    func isDisturbed(at moment: Moment) -> Bool {
        all.withLock { $0.contains { $0.begin <= moment && moment <= $0.end ?? moment } }
    }

    /// What happened in the last half minute, for a failure's text.
    func recent(before moment: Moment) -> String {
        all.withLock { all in
            all.filter { $0.begin > moment - .seconds(30) && $0.begin <= moment }
                .map { "\($0.what) \(($0.begin - moment).inSeconds) s" }.joined(separator: ", ")
        }
    }
}

extension Duration {
    /// To a tenth.
    var inSeconds: Double { (Double(components.seconds) * 10 + Double(components.attoseconds) / 1e17).rounded() / 10 }
}
