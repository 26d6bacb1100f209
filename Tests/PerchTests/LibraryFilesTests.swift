import Foundation
import Testing

/// Whoever looks for a public type opens the file of its name.
@Suite struct LibraryFilesTests {
    @Test(arguments: ["Library", "Connections"]) func aPublicTypeHasAFileOfItsName(floor: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/\(floor)").standardizedFileURL
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let types = Self.publicTypes(of: try String(contentsOf: file, encoding: .utf8))
            looked += types.count
            guard !types.isEmpty else { continue }
            #expect(types == [file.deletingPathExtension().lastPathComponent], "\(file.lastPathComponent)")
        }
        #expect(looked > 20, "there is something to look at")
    }

    @Test func typesAreSeenWhateverTheirKindAndThoseWithinOthersAreNot() {
        let source = """
            @frozen public struct One: Sendable {
                public struct Within {}
            }
            public final class Two {}
            package struct NotPublic {}
            public indirect enum Three {}
            public protocol Four {}
            public actor Five {}
            public typealias NoType = One
            public func six() {}
            """
        #expect(Self.publicTypes(of: source) == ["One", "Two", "Three", "Four", "Five"])
    }

    private static func publicTypes(of source: String) -> [String] {
        source.split(separator: "\n").compactMap { line in
            line.prefixMatch(of: /(?:@\w+(?:\([^)]*\))? )*public (?:\w+ )*?(?:struct|enum|class|actor|protocol) (\w+)/)
                .map { String($0.1) }
        }
    }
}
