public import Perch
import StrictJSON

/// An event's data, and what is said of it, as it is shown to somebody who may not see private fields.
///
///     let masking = Masking(envelope.data, of: envelope.type, version: envelope.version, in: contract)
///     show(masking.data, masking.text(failure.error))
///
/// What is shown is what the contract declares and does not call private, in any version of the event. All else is `•••`: also members that
/// no version declares, with their keys, and all of the data where it is not read as the contract says: another type, a version that the
/// contract does not know, what is no strict JSON, what is longer than an event can be. An event's key is no part of its data, and not
/// masked.
public struct Masking: Sendable {
    /// What stands where something is masked; in data as a string of JSON.
    public static let mask = "•••"

    /// The data, byte for byte but for the values that are masked: JSON, whatever the event's own data is.
    public let data: [UInt8]
    /// Whether something of the data is masked.
    public let isMasked: Bool

    private let secrets: Secrets

    /// A text of which nothing may be shown.
    static func whole(_ text: String) -> String { text.isEmpty ? "" : mask }

    /// - Parameters:
    ///   - data: As it was published, or an operator corrected it; any bytes.
    ///   - type: The event's own.
    ///   - version: That of its fields.
    public init(_ data: [UInt8], of type: EventType, version: Int, in contract: Contract) {
        let event = contract.event(type)
        let rules = event.map { MaskingRules(versions: $0.versions) }
        let isKnown = event?.versions.contains { $0.number == version } ?? false
        let places: [MaskedPlace]
        (places, secrets) = Self.look(at: data, rules, isKnown: isKnown)
        isMasked = !places.isEmpty || secrets.areUnknown
        self.data =
            secrets.areUnknown ? Self.masked(data, [MaskedPlace(bounds: data.indices)]) : Self.masked(data, places)
    }

    /// A text that may tell of the data, such as an error, without the values that are masked.
    ///
    /// Values are found in any case, as JSON strings, and as fragments of eight bytes or more. Numbers of fewer than four digits are not
    /// looked for; strings of fewer than four characters are found as whole words only. Where the data could not be read, all of the text
    /// is masked. A value that is written in another way, such as a hash of it, is not found.
    public func text(_ text: String) -> String { secrets.masked(text) }

    private static func look(
        at data: [UInt8],
        _ rules: MaskingRules?,
        isKnown: Bool
    ) -> (places: [MaskedPlace], secrets: Secrets) {
        guard data.count <= EventCoding.dataLimit else { return ([], .unknown) }
        return data.withUnsafeBytes { text in
            var reader = JSONReader()
            do throws(JSONError) {
                try reader.read(text)
            } catch {
                return ([], .unknown)
            }
            return reader.withNodes { nodes in
                var look = MaskingLook(text: text, nodes: nodes)
                if isKnown, let rules { look.show(0, by: rules) } else { look.hide(0, rules) }
                return (look.places, look.secrets)
            }
        }
    }

    /// The data with a string in place of these bytes.
    private static func masked(_ data: [UInt8], _ places: [MaskedPlace]) -> [UInt8] {
        var masked: [UInt8] = []
        masked.reserveCapacity(data.count)
        var shown = data.startIndex
        for place in places {
            masked += data[shown..<place.bounds.lowerBound]
            masked += place.mask
            shown = place.bounds.upperBound
        }
        masked += data[shown...]
        return masked
    }
}
