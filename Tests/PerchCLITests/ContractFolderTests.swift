import Foundation
import OperatorSettings
import Perch
import Testing

@testable import PerchCLI

/// Which contract the tool goes by: one that somebody named, or one where they stand; never the one it was built with.
struct ContractFolderTests {
    /// `ROOT/shop/streams/orders.yaml`, `ROOT/shop/deep/er`, `ROOT/elsewhere`.
    private func withFolders(_ body: (URL) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("perch-folders-\(UUID().uuidString)")
        for folder in ["shop/streams", "shop/deep/er", "elsewhere"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(folder),
                withIntermediateDirectories: true
            )
        }
        defer { try? FileManager.default.removeItem(at: root) }
        let file = root.appendingPathComponent("shop/streams/orders.yaml")
        try Samples.yaml.write(to: file, atomically: true, encoding: .utf8)
        try body(root)
    }

    @Test func theContractBesideTheExecutableIsNeverTaken() throws {
        // The one that the tests run lies below the folder `streams` of this repository.
        try withFolders { root in
            let elsewhere = root.appendingPathComponent("elsewhere")
            for command in [["groups"], ["topics"], ["check"], ["doctor"]] {
                let result = try Tool.run(command, environment: ["HOME": root.path], in: elsewhere)
                #expect(result.code == 2, "\(command): \(result)")
                let words = "there is no folder streams with YAML files in \(elsewhere.path) or above it"
                #expect((result.out + result.error).contains(words), "\(command): \(result)")
            }
        }
    }

    @Test func whatLiesWhereOneStandsOrAboveIsTakenAndSaid() throws {
        try withFolders { root in
            let shop = root.appendingPathComponent("shop")
            let streams = shop.appendingPathComponent("streams").path
            let environment = ["HOME": root.path]
            let here = try Tool.run(["check"], environment: environment, in: shop)
            #expect(here.out.contains("in \(streams) (found here): sound"), "\(here)")
            let deep = try Tool.run(["check"], environment: environment, in: shop.appendingPathComponent("deep/er"))
            #expect(deep.out.contains("in \(streams) (found above the working directory): sound"), "\(deep)")
            let note = "perch: the contract is \(streams) (found above the working directory)\n"
            let groups = try Tool.run(["groups"], environment: environment, in: shop.appendingPathComponent("deep"))
            #expect(groups.error.contains(note), "\(groups)")
            let quiet = try Tool.run(["groups"], environment: environment, in: shop)
            #expect(!quiet.error.contains("the contract is"), "\(quiet)")
            let asked = try Tool.run(["groups", "--verbose"], environment: environment, in: shop)
            #expect(asked.error.contains("perch: the contract is \(streams) (found here)\n"), "\(asked)")
        }
    }

    @Test func aFlagGoesBeforeTheEnvironmentAndThatBeforeTheContext() throws {
        try withFolders { root in
            let streams = root.appendingPathComponent("shop/streams").path
            func origin(_ flag: String?, _ named: String?, _ context: String?) throws -> LocatedContract.Origin {
                let environment = named.map { ["STREAMS_DIR": $0] } ?? [:]
                let shop = root.appendingPathComponent("shop").path
                return try LocatedContract(
                    flag: flag,
                    environment: environment,
                    context: context,
                    workingDirectory: shop
                ).origin
            }
            let origins = [
                try origin(streams, "/nowhere", "/nowhere"), try origin(nil, streams, "/nowhere"),
                try origin(nil, nil, streams), try origin(nil, nil, nil),
            ]
            #expect(origins == [.flag, .environment, .context, .workingDirectory])
            #expect(throws: ContractError.self) { try origin(nil, nil, "/nowhere") }
        }
    }
}
