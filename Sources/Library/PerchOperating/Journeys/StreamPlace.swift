public import Perch
public import Postgres

/// A place in a topic's streams to begin at.
public enum StreamPlace: Sendable, Hashable {
    /// Before the first event.
    case beginning
    /// After the last one there is now.
    case end
    /// At this entry.
    case entry(EntryID)
    /// At the first entry that is not older.
    case time(Timestamp)

    /// Reads `beginning`, `end`, an entry id, a time (`2026-11-22T18:30:00Z`, `2026-11-22`) or how long ago (`90s`, `15m`,
    /// `2h`, `7d`); nil for anything else.
    public init?(_ text: String, now: Timestamp = .now) {
        switch text {
        case "beginning", "start", "0": self = .beginning
        case "end", "now": self = .end
        default:
            if let id = EntryID(text) {
                self = .entry(id)
            } else if let time = Self.time(text) {
                self = .time(time)
            } else if let age = Self.age(text) {
                self = .time(Timestamp(milliseconds: now.milliseconds - age))
            } else {
                return nil
            }
        }
    }

    /// What may be written, for a message.
    public static let expectation =
        "beginning, an entry id, a time such as 2026-11-22T18:30:00Z, or how long ago, such as 15m"

    private static func time(_ text: String) -> Timestamp? {
        let withTime = text.contains("T") ? text : text + "T00:00:00Z"
        guard withTime.hasSuffix("Z") else { return nil }
        return Timestamp(withTime) ?? Timestamp(withTime.dropLast() + ".000Z")
    }

    private static func age(_ text: String) -> Int64? {
        guard let unit = text.last, let number = Int64(text.dropLast()), number >= 0, number < 1_000_000 else {
            return nil
        }
        switch unit {
        case "s": return number * 1000
        case "m": return number * 60_000
        case "h": return number * 3_600_000
        case "d": return number * 86_400_000
        default: return nil
        }
    }
}

extension StreamPlace {
    /// Whether what is read from here on may be older than this.
    func isBefore(_ time: Timestamp) -> Bool {
        switch self {
        case .beginning: true
        case .end: false
        case .entry(let id): id.milliseconds < time.milliseconds
        case .time(let place): place < time
        }
    }
}
