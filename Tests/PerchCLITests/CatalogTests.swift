import Foundation
import Testing

/// What the overviews of the products show is taken by the compiler.
@Suite struct CatalogTests {
    /// The catalogs, by the folder of their product.
    private static let catalogs = [
        "Sources/Library/Perch", "Sources/Library/PerchOperating", "Sources/Library/PerchMetrics",
        "Sources/Library/PerchTesting", "Sources/Library/LocalServers", "Sources/Web/PerchConsole",
        "Sources/Connections/Redis", "Sources/Connections/Postgres",
    ]

    private static func overview(_ path: String) throws -> String {
        let name = (path as NSString).lastPathComponent
        return try String(
            contentsOf: UserPackage.checkout.appendingPathComponent("\(path)/\(name).docc/\(name).md"),
            encoding: .utf8
        )
    }

    @Test(
        .enabled(if: UserPackage.hasModules, "the modules are not beside the tests"),
        arguments: catalogs
    )
    func theCompilerTakesWhatAnOverviewShows(catalog: String) throws {
        let blocks = try Self.overview(catalog).matches(of: /```swift\n((?:.|\n)*?)```/).map { String($0.1) }
        #expect(!blocks.isEmpty)
        let files = blocks.enumerated().map { ("Sources/Overview\($0.offset)/Overview.swift", $0.element) }
        try UserPackage.withFolder { folder in
            try UserPackage(files: Dictionary(files) { $1 }).write(to: folder)
            let said = try UserPackage.errors(in: folder, targets: blocks.indices.map { "Sources/Overview\($0)" })
            #expect(said == "")
        }
    }

    @Test(arguments: catalogs) func anOverviewSaysWhatToBeginWith(catalog: String) throws {
        let text = try Self.overview(catalog)
        let overview = try #require(text.components(separatedBy: "## Topics").first)
        #expect(overview.contains("Begin with") && overview.contains("``"))
    }
}
