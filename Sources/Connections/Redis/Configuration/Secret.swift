/// A password, which printing, interpolating and dumping do not show.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    init(_ value: String) {
        self.value = value
    }

    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// The text with every occurrence of the password covered.
    func removed(from text: String) -> String {
        guard !value.isEmpty else { return text }
        return text.split(separator: value, omittingEmptySubsequences: false).joined(separator: "***")
    }
}
