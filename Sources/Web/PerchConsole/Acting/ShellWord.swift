/// Text within a command that people copy.
enum ShellWord {
    /// As a shell takes it for one word, whatever is in it.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
