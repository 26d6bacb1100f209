import Perch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A line that shows the state of things: rewritten in place on a terminal, else one below the other. What its text holds of
/// others is shown, and not performed.
enum LiveLine {
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    static func show(_ text: String) {
        let text = TerminalText.line(text)
        if isTerminal {
            print("\r\u{1B}[2K\(text)", terminator: "")
        } else {
            print(text)
        }
        // Read by whoever waits for it, also through a pipe.
        fflush(nil)
    }
}

extension LiveLine {
    /// A line that stays, above the live one.
    static func note(_ text: String) {
        let text = TerminalText.line(text)
        print(isTerminal ? "\r\u{1B}[2K\(text)" : text)
        fflush(nil)
    }
}
