import Foundation
import Perch
import Testing

/// `perch new`, and the package that it makes.
@Suite struct NewTests {
    private func new(_ arguments: String..., in folder: URL) throws -> Tool.Result {
        try Tool.run(["new"] + arguments, environment: ["HOME": folder.path], in: folder)
    }

    @Test(.enabled(if: UserPackage.hasModules, "the modules are not beside the tests"))
    func theCompilerTakesEveryFileOfANewPackage() throws {
        try UserPackage.withFolder { folder in
            let made = try new("corner-shop", "--perch", UserPackage.checkout.path, in: folder)
            #expect(made.code == 0 && made.out.contains("corner-shop/Package.swift"), "\(made)")
            let package = folder.appendingPathComponent("corner-shop")
            let targets = ["Sources/Service", "Sources/corner-shop", "Sources/dev", "Tests/ServiceTests"]
            let said = try UserPackage.errors(in: package, targets: targets)
            #expect(said == "")
            let contract = try Contract.load(directory: package.appendingPathComponent("streams").path)
            #expect(contract.topics.map(\.owner) == ["corner-shop"])
            let products = try UserPackage.products(ofPerchIn: UserPackage.manifest(in: package))
            #expect(products == ["LocalServers", "Perch", "PerchTesting", "Postgres", "Redis"])
        }
    }

    @Test func whatIsThereIsNotOverwritten() throws {
        try UserPackage.withFolder { folder in
            let package = folder.appendingPathComponent("shop")
            try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
            try "mine".write(to: package.appendingPathComponent("README.md"), atomically: true, encoding: .utf8)
            let refused = try new("shop", "--perch", UserPackage.checkout.path, in: folder)
            #expect(refused.code == 1 && refused.error.contains("Nothing was written"), "\(refused)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: package.path) == ["README.md"])
        }
    }

    @Test func aWrongNameAndACheckoutThatIsNotThereAreSaid() throws {
        try UserPackage.withFolder { folder in
            for name in ["Shop", "1shop", "a--b", "../shop", "perch", "dev", ""] {
                #expect(try new(name, "--perch", UserPackage.checkout.path, in: folder).code == 64, "\(name)")
            }
            let missing = try new("shop", in: folder)
            #expect(missing.code == 64 && missing.error.contains("--perch"), "\(missing)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
