import ArgumentParser
import PerchOperating

/// `90s`, `15m`, `2h`, `7d`.
struct Age: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()),
            (0..<1_000_000).contains(number)
        else { return nil }
        duration = .seconds(number * unit)
    }
}

/// A state as it is typed.
enum FailedState: String, ExpressibleByArgument, CaseIterable {
    case failed, held, dead

    var state: FailedEvent.State {
        switch self {
        case .failed: .failed
        case .held: .held
        case .dead: .dead
        }
    }
}
