import Perch

/// A look back through several partitions of a topic, all at once: each round trip reads a part of each that wants more.
struct EventLook {
    /// The most partitions that one round trip reads, and the most entries of all of them where each needs many.
    private static let width = 40
    private static let bound = 2000

    struct Page {
        let partition: Partition
        var search: EventPageSearch
        /// Servers that did not tell of it.
        var problems: [ServerProblem] = []
        /// Something of it was looked at.
        var isBegun = false
    }

    let links: SystemLinks
    let topic: TopicContract
    var pages: [Page]
    let deadline: ContinuousClock.Instant

    /// - Returns: The pages that there was time to begin.
    mutating func found() throws -> [EventPage] {
        try lookAtStreams()
        try lookAtLog()
        return pages.prefix(while: \.isBegun).map { $0.search.page($0.problems) }
    }

    private mutating func lookAtStreams() throws {
        try look { links, topic, parts in
            try links.withStreams { streams in
                let asked = parts.map { OperatorStreams.EntriesBefore($0.partition, before: $0.place, most: $0.most) }
                return try zip(parts, streams.entries(of: asked, source: topic.owner)).map { part, answer in
                    answer.map { entries in entries.map { ($0.id, FoundEvent($0, in: part.partition)) } }
                        .mapError { links.problem($0) }
                }
            }
        }
    }

    /// Of what no stream has filled.
    private mutating func lookAtLog() throws {
        // Where a stream's part ended may be an entry that the log never had.
        var ends: [Partition: Position] = [:]
        try look { links, topic, parts in
            try links.withDatabase(of: topic.owner) { connection in
                let log = LogReader(connection: connection, source: topic.owner)
                let unknown = parts.filter { ends[$0.partition] == nil }
                ends.merge(try log.ends(before: unknown.map { ($0.partition, $0.place) })) { $1 }
                let events = try log.events(before: parts.map { ($0.partition, ends[$0.partition] ?? .max, $0.most) })
                return parts.map { part in
                    let found = (events[part.partition] ?? []).compactMap { event in
                        event.entryID.map { ($0, Optional(event)) }
                    }
                    if let last = found.last?.0.position { ends[part.partition] = last }
                    return .success(found)
                }
            }
        }
    }

    private typealias Part = (partition: Partition, place: EntryID?, most: Int)
    private typealias Found = Result<[(EntryID, FoundEvent?)], ServerProblem>

    /// Reads parts of all pages that are not full, until none of them wants more of this source.
    private mutating func look(
        _ read: (SystemLinks, TopicContract, [Part]) throws -> [Found]
    ) throws {
        var open = pages.indices.filter { !pages[$0].search.isCut }
        while !open.isEmpty {
            var goOn: [Int] = []
            for start in stride(from: 0, to: open.count, by: Self.width) {
                let indices = open[start..<min(start + Self.width, open.count)]
                if isLate(indices) {
                    for index in indices { pages[index].search.cut() }
                    continue
                }
                let parts = indices.map { index -> Part in
                    let page = pages[index]
                    return (page.partition, page.search.place, page.search.most(atOnce: Self.bound / indices.count))
                }
                do {
                    for ((index, part), found) in zip(zip(indices, parts), try read(links, topic, parts)) {
                        pages[index].isBegun = true
                        switch found {
                        case .success(let entries):
                            if pages[index].search.take(entries, of: part.most) { goOn.append(index) }
                        case .failure(let problem): pages[index].note(problem)
                        }
                    }
                } catch let problem as ServerProblem {
                    for index in indices {
                        pages[index].isBegun = true
                        pages[index].note(problem)
                    }
                }
            }
            open = goOn
        }
    }

    /// There is no time for these; for the first of all there is.
    private func isLate(_ indices: ArraySlice<Int>) -> Bool {
        pages.first?.isBegun == true && ContinuousClock.now > deadline && !indices.isEmpty
    }
}

extension EventLook.Page {
    fileprivate mutating func note(_ problem: ServerProblem) {
        if !problems.contains(problem) { problems.append(problem) }
    }
}
