/// The script as it is sent: without the comments and the indentation, which are for whoever reads the source.
enum ScriptText {
    /// Takes away lines that are comments, empty lines, and what stands before a line. The script has no text over several lines, in
    /// which these would mean something.
    static func sent(_ source: [UInt8]) -> [UInt8] {
        let lines = source.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 == UInt8(ascii: " ") } }
        return Array(
            lines.filter { !$0.isEmpty && !$0.starts(with: Array("//".utf8)) }.joined(separator: [UInt8(ascii: "\n")])
        )
    }
}
