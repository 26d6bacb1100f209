import Foundation
import Testing

/// What to type is this program's to say: another one that uses the libraries has other ways, links or calls.
@Suite struct WordsTests {
    private static let libraries = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Library").standardizedFileURL

    @Test(
        arguments: [
            "Perch", "PerchContract", "PerchDocuments", "PerchMetrics", "PerchOperating", "PerchProtocol",
            "PerchTesting",
        ]
    )
    func noTextOfALibraryNamesACommandOrAFlag(library: String) throws {
        let folder = Self.libraries.appending(path: library)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            // Released SQL is never changed, its comments neither.
            if file.lastPathComponent.hasPrefix("PerchMigrations") { continue }
            for text in Self.texts(of: try String(contentsOf: file, encoding: .utf8)) {
                looked += 1
                #expect(!Self.namesCommandOrFlag(text), "\(file.lastPathComponent): \(text)")
            }
        }
        #expect(looked > 5, "there is something to look at")
    }

    @Test func textsOfOneLineAndOfSeveralAreSeenAndCommentsAreNot() {
        let source = #"""
            /// Comments may say `perch check`.
            let one = "run `perch check`"
            let several = """
                First this, then \
                `perch migrate shop`, with --yes
                """
            let none = 1
            """#
        let texts = Self.texts(of: source)
        #expect(texts == ["run `perch check`", #"First this, then \"#, "`perch migrate shop`, with --yes"])
        #expect(texts.map(Self.namesCommandOrFlag) == [true, false, true])
    }

    private static func namesCommandOrFlag(_ text: String) -> Bool {
        text.firstMatch(of: /`perch |(^|[ (`])--[a-z]/) != nil
    }

    /// Each text of one line, and each line of those of several.
    private static func texts(of source: String) -> [String] {
        var texts: [String] = []
        var isWithin = false
        for line in source.split(separator: "\n").map({ $0.drop(while: \.isWhitespace) }) {
            if isWithin {
                isWithin = line.prefixMatch(of: /"""/) == nil
                if isWithin { texts.append(String(line)) }
            } else if line.hasPrefix("//") {
                continue
            } else if line.contains(/"""/) {
                isWithin = true
            } else {
                texts += line.matches(of: /"([^"]*)"/).map { String($0.1) }
            }
        }
        return texts
    }
}
