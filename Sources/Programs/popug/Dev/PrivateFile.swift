import Foundation

/// Files that only their owner reads.
enum PrivateFile {
    /// Writes the text, in place of what was there.
    static func write(_ text: String, to path: String) throws {
        let made = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard made else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    }
}
