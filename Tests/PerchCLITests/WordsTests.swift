import Foundation
import Testing

/// What to type is this program's to say: another one that uses the libraries has other ways, links or calls.
@Suite struct WordsTests {
    private static let libraries = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Library").standardizedFileURL

    @Test(arguments: ["Perch", "PerchOperating"]) func noTextOfALibraryNamesACommandOrAFlag(library: String) throws {
        let folder = Self.libraries.appending(path: library)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                for text in line.matches(of: /"([^"]*)"/) {
                    looked += 1
                    #expect(
                        text.1.firstMatch(of: /`perch |(^|[ (])--[a-z]/) == nil,
                        "\(file.lastPathComponent): \(text.1)"
                    )
                }
            }
        }
        #expect(looked > 500, "there is something to look at")
    }
}
