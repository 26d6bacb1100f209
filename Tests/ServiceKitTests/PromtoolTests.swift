import Foundation
import Metrics
import Perch
import PerchMetrics
import ServiceKit
import Testing

/// Prometheus' own opinion. Debian's package prometheus has promtool.
@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed: apt-get install prometheus"))
struct PromtoolTests {
    @Test func allThatIsDescribedIsNamedAsPrometheusWantsIt() throws {
        let registry = PrometheusRegistry.ofService()
        for metric in MetricDescription.perch + MetricDescription.service {
            let dimensions = metric.dimensions.map { ($0, "a \"value\"\\\n") }
            switch metric.kind {
            case .counter: Counter(label: metric.label, dimensions: dimensions, factory: registry).increment()
            case .gauge: Meter(label: metric.label, dimensions: dimensions, factory: registry).set(0.5)
            case .histogram: Timer(label: metric.label, dimensions: dimensions, factory: registry).recordSeconds(1)
            }
        }
        try Promtool.check(registry.text())
    }

    @Test func itWouldSayWhatItDoesNotLike() throws {
        let bad = "# HELP waiting_ms Wait.\n# TYPE waiting_ms gauge\nwaiting_ms 1\n"
        #expect(try Promtool.complaints(about: bad).contains("waiting_ms"))
    }
}

enum Promtool {
    private static let path = "/usr/bin/promtool"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// No message at all, also none of style.
    static func check(_ text: String) throws {
        let complaints = try complaints(about: text)
        #expect(complaints == "")
    }

    static func complaints(about text: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 || !said.isEmpty
            ? said : "promtool ended with \(process.terminationStatus)"
    }
}
