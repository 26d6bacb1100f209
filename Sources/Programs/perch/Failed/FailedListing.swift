import Foundation
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// Failed events as they are printed, page by page: a table for people, or one JSON object.
struct FailedListing {
    /// How many are read at once.
    static let page = 250

    private let json: Bool
    private let screen: Screen
    private let print: (Shown) -> Void
    private let now: Timestamp
    private var layout: Table.Layout?
    private var document = FailedListDocument()
    private(set) var listed = 0
    private(set) var problems: [ServerProblem] = []
    private(set) var counts: [(group: GroupName, counts: [FailedEvent.State: Int])] = []

    init(json: Bool, screen: Screen, now: Timestamp = .now, print: @escaping (Shown) -> Void = Console.out) {
        (self.json, self.screen, self.now, self.print) = (json, screen, now, print)
    }

    private var total: Int { counts.reduce(0) { $0 + $1.counts.values.reduce(0, +) } }

    mutating func add(_ problem: ServerProblem) { problems.append(problem) }

    mutating func add(_ counts: [FailedEvent.State: Int], of group: GroupName) { self.counts.append((group, counts)) }

    mutating func add(_ events: [FailedEvent], of group: GroupName) throws {
        guard !events.isEmpty else { return }
        if json {
            for event in events {
                print(Shown(json: try document.next(event, of: group)))
                listed += 1
            }
            return
        }
        let table = FailedText.table(events, of: group, now: now)
        let isFirst = layout == nil
        let layout = layout ?? table.layout(screen)
        self.layout = layout
        print(table.text(screen, layout, hasHeader: isFirst))
        listed += events.count
    }

    /// The sums, and what is left out.
    func end() throws {
        if json {
            print(Shown(json: try document.end(counts, problems.map(ProblemDocument.init)) + "\n"))
            return
        }
        guard total > 0 else {
            if problems.isEmpty { print("No failed events.\n") }
            return
        }
        let all = counts.reduce(into: [FailedEvent.State: Int]()) { $0.merge($1.counts, uniquingKeysWith: +) }
        let cut: Shown = listed < total ? "; the first \(Format.count(listed)) are listed, see --limit" : ""
        print("\(FailedText.sum(all))\(cut).\n")
    }
}
