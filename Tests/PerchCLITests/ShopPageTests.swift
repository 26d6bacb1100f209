import Foundation
import Perch
import Testing

/// The tutorial, docs/shop: its text shows its files, and the compiler takes them. `ops/check-shop` runs it.
@Suite struct ShopPageTests {
    private static let folder = UserPackage.checkout.appendingPathComponent("docs/shop")

    /// The files, with the manifest as the reader has it.
    private static func package() throws -> UserPackage {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { !$0.hasPrefix(".") && ($0.hasSuffix(".swift") || $0.hasSuffix(".yaml")) }
        let files = try paths.map { path in
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            return (path, text.replacing(#"path: "../..""#, with: #"path: "../perch""#))
        }
        return UserPackage(files: Dictionary(files) { $1 })
    }

    @Test func theTextShowsEachFileAsItIs() throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
        let block = /`([A-Za-z\/.]+)`:\n\n```[a-z]+\n((?:.|\n)*?)```/
        let shown = Dictionary(text.matches(of: block).map { (String($0.1), String($0.2)) }) { $1 }
        #expect(shown == (try Self.package().files))
        #expect(shown.count == 9)
    }

    @Test(.enabled(if: UserPackage.hasModules, "the modules are not beside the tests"))
    func theCompilerTakesAllOfItsFiles() throws {
        try UserPackage.withFolder { folder in
            try Self.package().write(to: folder)
            let programs = ["shop", "billing", "servers"].map { "Sources/\($0)" }
            let said = try UserPackage.errors(
                in: folder,
                targets: ["Sources/Events", "Sources/ShopService", "Sources/BillingService"] + programs
                    + ["Tests/ShopTests"]
            )
            #expect(said == "")
        }
    }

    @Test func itsContractIsSoundAndItsManifestNamesProductsThatThereAre() throws {
        try UserPackage.withFolder { folder in
            try Self.package().write(to: folder)
            let contract = try Contract.load(directory: folder.appendingPathComponent("streams").path)
            #expect(contract.topics.map(\.owner) == ["shop"] && contract.topics.map(\.groups) == [["billing"]])
            let products = try UserPackage.products(ofPerchIn: UserPackage.manifest(in: folder))
            #expect(products == ["LocalServers", "Perch", "PerchTesting", "Postgres", "Redis"])
        }
    }
}
