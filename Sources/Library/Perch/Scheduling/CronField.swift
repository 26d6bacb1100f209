/// The values of one field of a `CronExpression`.
struct CronField: Sendable, Hashable {
    /// `*`.
    let isAny: Bool
    private let bits: UInt64

    init(isAny: Bool, bits: UInt64) { (self.isAny, self.bits) = (isAny, bits) }

    func has(_ value: Int) -> Bool { (0..<64).contains(value) && bits & (1 << value) != 0 }

    /// In order.
    var values: [Int] { (0..<64).filter(has) }
}

/// Reads the fields of a `CronExpression`.
struct CronReader {
    let text: String
    var hasLastDay = false

    /// Which field, and what it may hold.
    enum Kind: String {
        case minute, hour, day, month
        case weekday = "day of the week"

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            case .weekday: 0...7
            }
        }

        var names: [String] {
            switch self {
            case .minute, .hour, .day: []
            case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            case .weekday: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
            }
        }

        var expectation: String {
            let numbers = "\(range.lowerBound) to \(range.upperBound)"
            switch self {
            case .minute, .hour: return numbers
            case .day: return "\(numbers) or L"
            case .month, .weekday: return "\(numbers) or \(names[0]) to \(names[names.count - 1])"
            }
        }
    }

    init(text: String) { self.text = text }

    func error(_ reason: String) -> InvalidRecurrence { InvalidRecurrence(text: text, reason: reason) }

    mutating func field(_ field: String, _ kind: Kind) throws(InvalidRecurrence) -> CronField {
        if field == "*" { return CronField(isAny: true, bits: .max) }
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            if kind == .day, part == "L" || part == "l" {
                hasLastDay = true
                continue
            }
            for value in try values(String(part), kind) {
                // Sunday is 0.
                bits |= 1 << (kind == .weekday ? value % 7 : value)
            }
        }
        return CronField(isAny: false, bits: bits)
    }

    private func values(_ part: String, _ kind: Kind) throws(InvalidRecurrence) -> StrideThrough<Int> {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard pieces.count <= 2 else { throw wrong(kind, "one step", part) }
        let range = try range(pieces[0], kind)
        guard pieces.count == 2 else { return stride(from: range.lowerBound, through: range.upperBound, by: 1) }
        guard pieces[0] == "*" || pieces[0].contains("-") else {
            throw wrong(kind, "* or a range before the step, as */\(pieces[1])", part)
        }
        guard let step = number(pieces[1]), (1...kind.range.upperBound).contains(step) else {
            throw wrong(kind, "a step of 1 to \(kind.range.upperBound)", pieces[1])
        }
        return stride(from: range.lowerBound, through: range.upperBound, by: step)
    }

    private func range(_ piece: String, _ kind: Kind) throws(InvalidRecurrence) -> ClosedRange<Int> {
        // Of the week's days, 7 is Sunday once more.
        if piece == "*" { return kind == .weekday ? 0...6 : kind.range }
        let ends = piece.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2 else { throw wrong(kind, "a range of two", piece) }
        let first = try value(ends[0], kind)
        guard ends.count == 2 else { return first...first }
        var last = try value(ends[1], kind)
        if kind == .weekday, last == 0, first > 0, number(ends[1]) == nil { last = 7 }
        guard first <= last else { throw wrong(kind, "a range that goes up", piece) }
        return first...last
    }

    private func value(_ text: String, _ kind: Kind) throws(InvalidRecurrence) -> Int {
        if let place = kind.names.firstIndex(of: text.uppercased()) { return place + kind.range.lowerBound }
        guard let value = number(text), kind.range.contains(value) else { throw wrong(kind, kind.expectation, text) }
        return value
    }

    /// Of one or two digits.
    private func number(_ text: String) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    private func wrong(_ kind: Kind, _ expected: String, _ found: String) -> InvalidRecurrence {
        error("\(kind.rawValue): expected \(expected), found \"\(found)\"")
    }

    /// - Throws: where no day is meant, or two readers mean two things.
    func checkDays(_ days: CronField, _ weekdays: CronField, _ months: CronField) throws(InvalidRecurrence) {
        let fields = text.split(separator: " ")
        if !days.isAny, !weekdays.isAny, fields[2].hasPrefix("*") || fields[4].hasPrefix("*") {
            throw error(
                "expected * as the day or as the day of the week: with both, some take a step of * for either and some for both"
            )
        }
        guard weekdays.isAny, !days.isAny, !hasLastDay else { return }
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let isThere = (1...12).contains { month in
            months.has(month) && days.values.contains { $0 <= longest[month - 1] }
        }
        guard isThere else { throw error("day: expected one that a month of these has, found \"\(fields[2])\"") }
    }
}
