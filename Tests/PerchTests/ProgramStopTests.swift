import Foundation
import Testing

/// Every program that runs services has a deadline by which it ends after it was told to stop.
@Suite struct ProgramStopTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let programs: [String] = ["Sources/Programs", "docs/shop/Sources"].flatMap { folder in
        let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
    }.sorted()

    @Test func everyProgramStopsByADeadline() throws {
        var groups = 0
        for program in Self.programs {
            let text = try String(contentsOf: Self.root.appending(path: program), encoding: .utf8)
            for made in text.matches(
                of: /ServiceGroup\(\s*(services: (?:\[[^\]]*\]|\w+),\s*(\w+):|configuration: (\w+))/
            ) {
                groups += 1
                if let configuration = made.3 {
                    #expect(
                        text.contains("\(configuration).maximumGracefulShutdownDuration"),
                        "\(program): no deadline is set"
                    )
                } else {
                    #expect(made.2 == "stoppingWithin", "\(program): no deadline is given")
                }
            }
        }
        #expect(groups > 5)
    }
}
