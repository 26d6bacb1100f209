import PageKit

/// How many of something, in words.
enum Counted {
    /// `1 event`, `12,304 events`
    ///
    /// - Parameter many: Default: the noun with an s.
    static func text(_ number: some BinaryInteger, _ noun: String, _ many: String? = nil) -> String {
        "\(NumberText.count(number)) \(number == 1 ? noun : many ?? noun + "s")"
    }
}
