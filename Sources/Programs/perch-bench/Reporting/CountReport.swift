/// Counts of instructions as a table.
struct CountReport {
    /// Its heading among the results.
    static let title = "Instructions"

    let counts: [InstructionCount]

    init(_ counts: [InstructionCount]) { self.counts = counts }

    var text: String { "\n## \(Self.title)\n\n\(table)\n" }

    var table: String {
        Table(
            ["workload", "ours, instructions an event", "baseline", "ratio"],
            counts.map { count in
                [
                    count.workload.title, Report.whole(count.ours), Report.whole(count.baseline),
                    Report.decimal(count.ours / count.baseline, 2),
                ]
            }
        ).text
    }

    /// What is shown as soon as a workload is done.
    static func line(_ count: InstructionCount) -> String {
        "\(count.workload.title): \(Report.whole(count.ours)) instructions an event, baseline "
            + "\(Report.whole(count.baseline)), ratio \(Report.decimal(count.ours / count.baseline, 2))"
    }
}
