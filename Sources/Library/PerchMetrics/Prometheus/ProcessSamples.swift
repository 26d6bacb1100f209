import Foundation

/// What the kernel tells of this process; what it does not is left out.
enum ProcessSamples {
    static let cpu = "process_cpu_seconds_total"
    static let memory = "process_resident_memory_bytes"
    static let openFiles = "process_open_fds"
    static let mostFiles = "process_max_fds"
    static let startTime = "process_start_time_seconds"

    static func read() -> [PrometheusSample] {
        var samples: [PrometheusSample] = []
        func add(_ label: String, _ value: Double?) {
            if let value { samples.append(PrometheusSample(label, value)) }
        }
        var limit = rlimit()
        if getrlimit(filesLimit, &limit) == 0 { add(mostFiles, Double(limit.rlim_cur)) }
        // The list is open while it is read, and counts itself.
        let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        add(openFiles, files.map { Double(max(0, $0.count - 1)) })
        guard let fields = stat(), fields.count > 21 else { return samples }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        if let user = Double(fields[11]), let system = Double(fields[12]) {
            add(cpu, (user + system) / ticks)
        }
        if let start = Double(fields[19]), let boot = bootTime() { add(startTime, boot + start / ticks) }
        if let pages = Double(fields[21]) { add(memory, pages * Double(sysconf(Int32(_SC_PAGESIZE)))) }
        return samples
    }

    #if canImport(Glibc)
        private static let filesLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let filesLimit = RLIMIT_NOFILE
    #endif

    /// The fields of `/proc/self/stat` from the third on, `state`: the second is the program's name, in parentheses, and may
    /// hold anything. See proc(5).
    private static func stat() -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }

    private static func bootTime() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }
}
