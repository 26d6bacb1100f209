import Foundation

/// What is being done, on one line of the terminal.
enum ProgressLine {
    /// Takes the place of the line before; nil: there is none any more. Shown on a terminal only.
    static func say(_ text: String?) {
        guard isatty(2) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text ?? "")".utf8))
    }

    /// Puts a line in its place that stays, on standard output: into a file too at once.
    static func end(with line: String) {
        say(nil)
        print(line)
        fflush(nil)
    }
}
