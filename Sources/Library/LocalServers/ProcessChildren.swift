import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes that a process has made.
enum ProcessChildren {
    /// Those that there are at this moment; their own children are not among them.
    static func of(_ pid: pid_t) -> [pid_t] {
        #if canImport(Darwin)
            var found = [pid_t](repeating: 0, count: 4_096)
            let count = proc_listchildpids(pid, &found, Int32(found.count * MemoryLayout<pid_t>.size))
            return Array(found.prefix(max(0, Int(count))))
        #else
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return all.compactMap { pid_t($0) }.filter { parent(of: $0) == pid }
        #endif
    }

    #if !canImport(Darwin)
        private static func parent(of pid: pid_t) -> pid_t? {
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
            // Behind the name, which stands in brackets and may hold anything: the state, then the parent.
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
            guard let fields, fields.count > 1 else { return nil }
            return pid_t(fields[1])
        }
    #endif
}
