/// A row of a service's database as people name it: `tracker/17`. Refused events, foreign entries and records have such names.
package struct ServiceRowID: Sendable, Hashable {
    package let service: String
    package let number: Int64

    package init?(_ text: String) {
        guard let id = FailedID(text), let service = id.group else { return nil }
        (self.service, number) = (service, id.number)
    }

    package static func text(_ service: String, _ number: Int64) -> String { "\(service)/\(number)" }

    package var text: String { Self.text(service, number) }
}
