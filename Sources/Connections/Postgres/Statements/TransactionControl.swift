/// Transactions are begun and ended by calls, which keep track; typed as SQL they would lie to them.
enum TransactionControl {
    private static let words: [StaticString] = ["begin", "start", "commit", "end", "abort", "rollback"]

    /// Looks at the first word.
    static func isIn(_ text: String) -> Bool {
        let start = text.utf8.drop { $0 <= 32 || $0 == UInt8(ascii: ";") }
        let word = start.prefix(while: isLetter)
        guard words.contains(where: { isWord($0, word) }) else { return false }
        if isWord("rollback", word) {
            // ROLLBACK [WORK | TRANSACTION] TO SAVEPOINT is a matter within the transaction.
            let rest = text.utf8[word.endIndex...].split(omittingEmptySubsequences: true) { !isLetter($0) }
            if rest.prefix(2).contains(where: { isWord("to", $0) }) { return false }
        }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }

    private static func isWord(_ word: StaticString, _ bytes: Substring.UTF8View) -> Bool {
        word.withUTF8Buffer { $0.elementsEqual(bytes) { $0 == $1 | 0x20 } }
    }
}
