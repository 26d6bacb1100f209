import Foundation
import Perch
import Testing

/// What README.md shows under "Use it" is a whole package.
@Suite struct ReadmeTests {
    /// Each block of code with the path that stands before it.
    private static func package() throws -> UserPackage {
        let text = try String(
            contentsOf: UserPackage.checkout.appendingPathComponent("README.md"),
            encoding: .utf8
        )
        let path = /`([A-Za-z\/.]+)`:\n\n```[a-z]+\n((?:.|\n)*?)```/
        let blocks = text.matches(of: path).map { (String($0.1), String($0.2)) }
        return UserPackage(files: Dictionary(blocks) { $1 })
    }

    @Test func everyBlockOfSwiftIsAFileOfIt() throws {
        let text = try String(
            contentsOf: UserPackage.checkout.appendingPathComponent("README.md"),
            encoding: .utf8
        )
        let files = try Self.package().files
        #expect(files.keys.count { $0.hasSuffix(".swift") } == text.components(separatedBy: "```swift\n").count - 1)
        #expect(files.count == 3)
    }

    @Test(.enabled(if: UserPackage.hasModules, "the modules are not beside the tests"))
    func theCompilerTakesAllOfItsFiles() throws {
        try UserPackage.withFolder { folder in
            try Self.package().write(to: folder)
            let said = try UserPackage.errors(in: folder, targets: ["Sources/shop"])
            #expect(said == "")
        }
    }

    @Test func itsContractIsSoundAndItsManifestNamesProductsThatThereAre() throws {
        try UserPackage.withFolder { folder in
            try Self.package().write(to: folder)
            let contract = try Contract.load(directory: folder.appendingPathComponent("streams").path)
            #expect(contract.topics.map(\.owner) == ["shop"] && contract.topics.map(\.groups) == [["billing"]])
            #expect(
                try UserPackage.products(ofPerchIn: UserPackage.manifest(in: folder)) == ["Perch", "Postgres", "Redis"]
            )
        }
    }
}
