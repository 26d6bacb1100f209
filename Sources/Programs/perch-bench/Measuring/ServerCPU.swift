import Foundation
import Redis

/// CPU seconds that the servers have used since they were started.
struct ServerCPU {
    var redis = 0.0
    var postgres = 0.0

    static func - (end: ServerCPU, start: ServerCPU) -> ServerCPU {
        ServerCPU(redis: end.redis - start.redis, postgres: end.postgres - start.postgres)
    }

    /// - Parameters:
    ///   - connection: to the Redis that is asked; its own INFO costs some microseconds.
    ///   - postmaster: the pid of Postgres.
    init(redis connection: RedisConnection, postmaster: Int32) throws {
        let info = try connection.execute(RedisCommand("INFO", "cpu")) { try $0.string() }
        for line in info.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("used_cpu_sys:") || line.hasPrefix("used_cpu_user:") else { continue }
            redis += line.split(separator: ":").last.flatMap { Double($0) } ?? 0
        }
        postgres = Self.treeSeconds(postmaster)
    }

    private init(redis: Double, postgres: Double) {
        self.redis = redis
        self.postgres = postgres
    }

    /// The postmaster, its children that live, to the nanosecond, and those that have ended, to a hundredth of a second.
    private static func treeSeconds(_ postmaster: Int32) -> Double {
        let children =
            (try? String(contentsOfFile: "/proc/\(postmaster)/task/\(postmaster)/children", encoding: .utf8)) ?? ""
        let living = children.split(separator: " ").compactMap { Int32($0) } + [postmaster]
        return living.reduce(endedChildren(postmaster)) { $0 + onProcessor($1) }
    }

    private static func onProcessor(_ pid: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/schedstat", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").first.flatMap { Double($0) } ?? 0) / 1e9
    }

    /// `cutime` and `cstime`.
    private static func endedChildren(_ pid: Int32) -> Double { seconds(pid, fields: 13...14) }

    /// What all threads of a process have used, to a hundredth of a second: `utime` and `stime`.
    static func ofProcess(_ pid: Int32) -> Double { seconds(pid, fields: 11...12) }

    /// - Parameter fields: Those after the name, which may hold anything; they begin with the third of the file, 0 here.
    private static func seconds(_ pid: Int32, fields: ClosedRange<Int>) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let all = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard all.count > fields.upperBound else { return 0 }
        return all[fields].reduce(0) { $0 + (Double($1) ?? 0) } / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
