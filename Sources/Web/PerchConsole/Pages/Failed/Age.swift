/// `90s`, `15m`, `2h`, `7d`.
struct Age: Sendable, Hashable {
    let duration: Duration
    /// As it was typed.
    let text: String

    init?(_ text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()),
            (0..<1_000_000).contains(number)
        else { return nil }
        (duration, self.text) = (.seconds(number * unit), text)
    }
}
