/// An amount of money in whole cents, encoded as a JSON integer: never a floating point number.
public struct Money: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The amount in cents. Negative is owed.
    public let cents: Int64

    /// - Parameter cents: the amount in cents.
    public init(cents: Int64) { self.cents = cents }

    /// Reads a JSON integer; `EventCoding` refuses `12.0`, where other decoders may not.
    public init(from decoder: any Decoder) throws {
        self.init(cents: try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Writes a bare integer, not an object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(cents)
    }

    /// `12.05`, `-0.40`: with two decimals and no currency.
    public var description: String {
        let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// By cents: what is owed comes before what is earned.
    public static func < (left: Self, right: Self) -> Bool { left.cents < right.cents }
}
