package import Foundation
package import Times

/// What time it is for whoever looks, and how their clock shows it. One value for all of a page, so that its times agree.
package struct PageClock: Sendable {
    /// When the page is made.
    package let now: Timestamp
    /// The viewer's zone: by their browser, or UTC where it has not told one.
    package let zone: TimeZone

    /// - Parameters:
    ///   - now: Default: now.
    ///   - zoneName: What the cookie `tz` says, such as `Europe/Berlin`. Anything that names no zone, and nil, is UTC.
    package init(now: Timestamp = .now, zoneName: String? = nil) {
        self.now = now
        zone = zoneName.flatMap { Self.isZoneName($0) ? TimeZone(identifier: $0) : nil } ?? .gmt
    }

    /// `America/Argentina/Ushuaia`, and no path of a file, which Foundation would read.
    private static func isZoneName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 64 && (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                part.unicodeScalars.first?.properties.isUppercase == true
                    && part.unicodeScalars.allSatisfy { scalar in
                        switch scalar {
                        case "A"..."Z", "a"..."z", "0"..."9", "_", "+", "-": true
                        default: false
                        }
                    }
            }
    }

    /// `UTC`, `CET`, `GMT+5:30`
    package func zoneText(at time: Timestamp) -> String {
        if zone == .gmt { return "UTC" }
        return zone.abbreviation(for: Date(time)) ?? zone.identifier
    }

    /// To the millisecond, with the zone: `2026-11-30 17:20:04.123 CET`.
    package func exact(_ time: Timestamp) -> String {
        let parts = parts(of: time)
        let clock = Self.padded([parts.hour, parts.minute, parts.second]).joined(separator: ":")
        let day = "\(Self.padded(parts.year, 4))-\(Self.padded([parts.month, parts.day]).joined(separator: "-"))"
        let millisecond = Int(((time.milliseconds % 1000) + 1000) % 1000)
        return "\(day) \(clock).\(Self.padded(millisecond, 3)) \(zoneText(at: time))"
    }

    /// The time of day: `17:20:04`.
    package func timeOfDay(_ time: Timestamp) -> String {
        let parts = parts(of: time)
        return Self.padded([parts.hour, parts.minute, parts.second]).joined(separator: ":")
    }

    /// `28 Nov 2026`
    package func day(_ time: Timestamp) -> String {
        let parts = parts(of: time)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months.indices.contains((parts.month ?? 0) - 1) ? months[(parts.month ?? 1) - 1] : "?"
        return "\(parts.day ?? 0) \(month) \(Self.padded(parts.year, 4))"
    }

    /// How long ago, or how soon, below 24 hours: `4 s ago`, `in 3 min`; the day else.
    package func relative(_ time: Timestamp) -> String {
        let seconds = (now - time).components.seconds
        guard seconds.magnitude < 86400 else { return day(time) }
        let words = Self.words(seconds: Int(clamping: seconds.magnitude))
        if words == "0 s" { return "now" }
        return seconds < 0 ? "in \(words)" : "\(words) ago"
    }

    /// The largest unit alone: `59 s`, `3 min`, `23 h`, `12 d`.
    package static func words(_ duration: Duration) -> String {
        words(seconds: Int(clamping: max(0, duration.components.seconds)))
    }

    private static func words(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86400: "\(seconds / 3600) h"
        default: "\(NumberText.count(seconds / 86400)) d"
        }
    }

    private func parts(of time: Timestamp) -> DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: Date(time))
    }

    private static func padded(_ numbers: [Int?]) -> [String] { numbers.map { padded($0, 2) } }

    private static func padded(_ number: Int?, _ width: Int) -> String {
        let digits = String(number ?? 0)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Date {
    fileprivate init(_ time: Timestamp) {
        self.init(timeIntervalSince1970: Double(time.milliseconds) / 1000)
    }
}
