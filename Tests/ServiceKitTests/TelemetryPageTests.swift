import Foundation
import Perch
import PerchMetrics
import ServiceKit
import Testing

/// `docs/telemetry.md` says of each metric, log key and span what the code says of it.
@Suite struct TelemetryPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func page() throws -> String {
        try String(contentsOf: root.appendingPathComponent("docs/telemetry.md"), encoding: .utf8)
    }

    /// The rows of the table under a heading.
    private static func rows(under heading: String) throws -> [String] {
        let lines = try page().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let found = lines.firstIndex(of: heading)
        let start = try #require(found, "\(heading)")
        let table = lines[(start + 1)...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return Array(table.dropFirst(2))
    }

    private static func row(_ metric: MetricDescription) -> String {
        let labels = metric.prometheusLabels.map { "`\($0)`" }.joined(separator: ", ")
        return
            "| `\(metric.prometheusName)` | \(metric.kind.rawValue) | \(labels) | \(metric.unit) | \(metric.meaning) | \(metric.fires) |"
    }

    @Test(arguments: [
        ("## Metrics of Perch", MetricDescription.perch), ("## Metrics of a service", MetricDescription.service),
    ]) func metrics(_ heading: String, _ metrics: [MetricDescription]) throws {
        let expected = metrics.map(Self.row)
        #expect(try Self.rows(under: heading) == expected, "it should be:\n\(expected.joined(separator: "\n"))")
        #expect(Set(metrics.map(\.label)).count == metrics.count)
    }

    @Test(arguments: [
        ("### In each line", LogKey.line), ("### Keys of Perch", LogKey.perch),
        ("### Keys of a service", LogKey.service),
    ]) func logKeys(_ heading: String, _ keys: [LogKey]) throws {
        let expected = keys.map { "| `\($0.name)` | \($0.meaning) |" }
        #expect(try Self.rows(under: heading) == expected, "it should be:\n\(expected.joined(separator: "\n"))")
        #expect(Set(keys.map(\.name)).count == keys.count)
    }

    @Test func spans() throws {
        for span in SpanDescription.perch {
            let expected = span.attributes.sorted { $0.key < $1.key }.map { "| `\($0.key)` | \($0.value) |" }
            let heading = "### `\(span.name)`"
            #expect(try Self.rows(under: heading) == expected, "it should be:\n\(expected.joined(separator: "\n"))")
            #expect(try Self.page().contains(span.meaning), "it should have:\n\(span.meaning)")
        }
    }

    /// What is logged has no key that the page does not have: Perch by its types, ServiceKit by this search.
    @Test func noLineHasAnUnknownKey() throws {
        let known = Set((LogKey.line + LogKey.perch + LogKey.service).map(\.name))
        for (floor, folder) in [
            ("Library", "Perch"), ("Library", "PerchOperating"), ("Popug", "ServiceKit"), ("Web", "HTTPKit"),
        ] {
            let sources = Self.root.appendingPathComponent("Sources/\(floor)/\(folder)")
            let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for found in text.matches(of: /metadata: \[([^\]]*)\]/) {
                    for key in found.output.1.matches(of: /"([a-z_]+)":/) {
                        #expect(known.contains(String(key.output.1)), "\(key.output.1) in \(file.lastPathComponent)")
                        #expect(folder != "Perch", "Perch has no key beside LogKey's: \(file.lastPathComponent)")
                    }
                }
            }
        }
    }
}
