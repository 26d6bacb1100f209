/// A time by the clock: `00:05`.
public struct TimeOfDay: Sendable, Hashable, LosslessStringConvertible {
    /// Minutes since midnight by the clock, 0 to 1439.
    public let minuteOfDay: Int

    /// The time of a text of exactly the form `00:05`; nil for any other.
    public init?(_ description: String) {
        let bytes = Array(description.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            let digits = Optional([bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 48 }),
            digits.allSatisfy((0...9).contains)
        else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hour < 24, minute < 60 else { return nil }
        minuteOfDay = hour * 60 + minute
    }

    /// `00:05`.
    public var description: String {
        [minuteOfDay / 60, minuteOfDay % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }

    /// Five past midnight.
    public static let fivePastMidnight = Self(minuteOfDay: 5)

    private init(minuteOfDay: Int) { self.minuteOfDay = minuteOfDay }
}
