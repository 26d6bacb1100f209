import Foundation

/// What the output goes to: its width, and whether it shows colours.
struct Screen: Sendable {
    /// Nil: as wide as need be, for what reads it is no person.
    var width: Int?
    var hasColour = false

    /// The terminal that the standard output is; without limits and colours where it is none.
    static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> Screen {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var width = environment["COLUMNS"].flatMap(Int.init)
        var size = winsize()
        if isTerminal, width == nil, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            width = Int(size.ws_col)
        }
        let refused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return Screen(width: width, hasColour: isTerminal && !refused)
    }

    func tinted(_ text: Shown, _ tint: Tint?) -> Shown {
        guard hasColour, let tint, !text.isEmpty else { return text }
        return "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m"
    }

    func tinted(_ text: some StringProtocol, _ tint: Tint?) -> Shown { tinted(Shown(String(text)), tint) }
}

/// What a colour means. It only repeats what the text says.
enum Tint: Int {
    case dim = 2
    case bad = 31
    case good = 32
    case warning = 33
    case name = 36
}
