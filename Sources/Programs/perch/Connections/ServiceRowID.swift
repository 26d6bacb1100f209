import ArgumentParser
import PerchOperating

/// A row of a service's database as people name it: `tracker/17`. Refused events, foreign entries and records have such names.
struct ServiceRowID: ExpressibleByArgument, Hashable {
    let service: String
    let number: Int64

    init?(argument: String) {
        guard let id = FailedID(argument: argument), let service = id.group else { return nil }
        (self.service, number) = (service, id.number)
    }

    static func text(_ service: String, _ number: Int64) -> String { "\(service)/\(number)" }

    var text: String { Self.text(service, number) }
}
