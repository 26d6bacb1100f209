import Foundation
import Perch
import Testing

@testable import PerchCLI

/// What `perch check` compares with: git's side of it.
struct GitTests {
    private static let topic = """
        owner: shop
        key: order
        partitions: 4
        retention: {age: 7d, entries: 1000}
        archive: forever
        groups: [shipping]
        events:
          order_counted:
            versions:
              1:
                fields:
                  order: {type: string}

        """

    /// Runs the body with a folder `streams` in a new checkout, or in none.
    private func withFolder(checkout: Bool, _ body: (String, (String...) throws -> Void) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "perch-git-\(UUID().uuidString)"
        let streams = root + "/streams"
        try FileManager.default.createDirectory(atPath: streams, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try Self.topic.write(toFile: streams + "/orders.yaml", atomically: true, encoding: .utf8)
        func git(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                [
                    "git", "-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org", "-c",
                    "commit.gpgsign=false",
                ]
                + arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        if checkout { try git("init", "-q") }
        try body(streams, git)
    }

    @Test func withoutARevisionTheContractOfHEADIsTaken() throws {
        try withFolder(checkout: true) { streams, git in
            try git("add", ".")
            try git("commit", "-q", "-m", "one")
            try Self.topic.replacing("partitions: 4", with: "partitions: 5")
                .write(toFile: streams + "/orders.yaml", atomically: true, encoding: .utf8)
            guard case .found(let contract, "HEAD") = CommittedContract.load(nil, current: streams) else {
                Issue.record("expected the contract of HEAD")
                return
            }
            #expect(contract.topics.map(\.partitions) == [4], "what is committed, not what lies in the folder")
        }
    }

    @Test func anEarlierRevisionCanBeNamed() throws {
        try withFolder(checkout: true) { streams, git in
            try git("add", ".")
            try git("commit", "-q", "-m", "one")
            try git("tag", "v1")
            try Self.topic.replacing("owner: shop", with: "owner: store")
                .write(toFile: streams + "/orders.yaml", atomically: true, encoding: .utf8)
            try git("commit", "-q", "-a", "-m", "two")
            guard case .found(let contract, "v1") = CommittedContract.load("v1", current: streams) else {
                Issue.record("expected the contract of v1")
                return
            }
            #expect(contract.topics.map(\.owner) == ["shop"])
        }
    }

    @Test func aCheckoutWithoutACommittedContractHasNothingToCompareWith() throws {
        try withFolder(checkout: true) { streams, git in
            guard case .nothing(let early) = CommittedContract.load(nil, current: streams) else {
                Issue.record("a checkout without a commit has no HEAD")
                return
            }
            #expect(early.contains("no commit `HEAD`"))
            try git("commit", "-q", "--allow-empty", "-m", "empty")
            try git("commit", "-q", "--allow-empty", "-m", "still empty")
            // git does not know the folder there; nobody asked for a revision.
            let later = CommittedContract.load(nil, current: streams)
            guard case .nothing(let reason) = later else {
                Issue.record("expected nothing to compare with; got \(later)")
                return
            }
            #expect(reason.contains("no contract"))
        }
    }

    @Test func aRevisionThatWasAskedForMustBeThere() throws {
        try withFolder(checkout: true) { streams, git in
            try git("add", ".")
            try git("commit", "-q", "-m", "one")
            guard case .unreadable(let problems) = CommittedContract.load("no-such", current: streams) else {
                Issue.record("expected an error")
                return
            }
            #expect(problems.map(\.message).joined().contains("git knows no commit `no-such`"))
        }
    }

    @Test func outsideACheckoutNothingIsComparedUnlessAskedFor() throws {
        try withFolder(checkout: false) { streams, _ in
            guard case .nothing(let reason) = CommittedContract.load(nil, current: streams) else {
                Issue.record("expected nothing to compare with")
                return
            }
            #expect(reason.contains("not in a git checkout"))
            guard case .unreadable = CommittedContract.load("HEAD", current: streams) else {
                Issue.record("HEAD was asked for")
                return
            }
        }
    }
}
