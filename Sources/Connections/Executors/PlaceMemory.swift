import Synchronization

/// Which of several places of one server served last, shared by all connections that are made by the same configuration.
package final class PlaceMemory<Place: Hashable & Sendable>: Sendable {
    private struct State {
        var good: Place?
        var bad: Place?
    }

    private let state = Mutex(State())

    package init() {}

    /// The places in the order in which they are to be tried: the one that served last first, the one that was found unfit
    /// last, the others as they come.
    package func order(_ places: [Place]) -> [Place] {
        let (good, bad) = state.withLock { ($0.good, $0.bad) }
        return places.filter { $0 == good } + places.filter { $0 != good && $0 != bad }
            + places.filter { $0 == bad && $0 != good }
    }

    package func noteGood(_ place: Place) {
        state.withLock {
            $0.good = place
            if $0.bad == place { $0.bad = nil }
        }
    }

    package func noteBad(_ place: Place) {
        state.withLock {
            $0.bad = place
            if $0.good == place { $0.good = nil }
        }
    }
}
