public import ServiceKit

/// Which accounts are looked for. Nothing asked for: all.
public struct AccountSearch: Sendable, Hashable {
    /// What the name has, or the user's id begins with; nil: anything.
    public let text: SearchText?
    /// Only those whose balance is below zero.
    public let isBelowZero: Bool

    /// - Parameters:
    ///   - text: A part of the name, upper and lower case alike, or at least 8 characters of the id; nil or blank: anything.
    ///   - isBelowZero: Default: whatever the balance.
    public init(text: String? = nil, isBelowZero: Bool = false) {
        self.text = text.flatMap { SearchText($0) }
        self.isBelowZero = isBelowZero
    }
}
