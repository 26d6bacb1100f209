public import Perch

extension MetricDescription {
    /// What `MetricsPage` tells of the process, as the kernel knows it.
    public static let process = [
        MetricDescription(
            ProcessSamples.cpu,
            .counter,
            unit: "seconds",
            meaning: "Processor time that the process has used, of user and system.",
            fires: "at a scrape; Linux only"
        ),
        MetricDescription(
            ProcessSamples.memory,
            .gauge,
            unit: "bytes",
            meaning: "Memory of the process that is in RAM.",
            fires: "at a scrape; Linux only"
        ),
        MetricDescription(
            ProcessSamples.openFiles,
            .gauge,
            unit: "file descriptors",
            meaning: "File descriptors that the process has open.",
            fires: "at a scrape; Linux only"
        ),
        MetricDescription(
            ProcessSamples.mostFiles,
            .gauge,
            unit: "file descriptors",
            meaning: "File descriptors that the process may have open.",
            fires: "at a scrape"
        ),
        MetricDescription(
            ProcessSamples.startTime,
            .gauge,
            unit: "seconds",
            meaning: "When the process started, in seconds since 1970.",
            fires: "at a scrape; Linux only"
        ),
    ]
}
