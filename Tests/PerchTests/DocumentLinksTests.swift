import Foundation
import Testing

/// A document that names a file of the project names one that is there.
@Suite struct DocumentLinksTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let documents: [String] = {
        let folders =
            ["", "docs", "docs/shop", "streams"]
            + ["benchmark", "postgres", "prometheus", "redis", "runbook", "systemd"].map { "ops/\($0)" }
        return folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
            return names.filter { $0.hasSuffix(".md") }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
        }.sorted()
    }()

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: Self.root.appending(path: path).standardizedFileURL.path)
    }

    @Test(arguments: documents) func everyLinkLeadsToAFile(document: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
        let folder = (document as NSString).deletingLastPathComponent
        for match in text.matches(of: /\]\(([^)#:\s]+)(#[^)]*)?\)/) {
            let target = folder.isEmpty ? String(match.1) : "\(folder)/\(match.1)"
            #expect(exists(target), "\(document) links to \(match.1)")
        }
    }

    @Test func theFilesOfAnEventsWayAreThere() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/an-events-way.md"), encoding: .utf8)
        let files = text.matches(of: /`([A-Za-z\/+]+\.swift)`/).map { String($0.1) }
        #expect(files.count > 20)
        for file in files {
            let path = file.hasPrefix("Sources/") ? file : "Sources/Library/\(file)"
            #expect(exists(path), "\(path) is not there")
        }
    }
}
