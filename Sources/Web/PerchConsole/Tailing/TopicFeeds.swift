import PageKit
import Perch
import PerchOperating

/// The topics that somebody follows. Each has a thread and a connection to Redis as long as one page shows its tail.
actor TopicFeeds {
    /// As many topics are followed as may be.
    struct TooMany: Error {}

    private let connections: SystemConnections
    private let board: LiveBoard
    private let limit: Int
    private var feeds: [TopicName: (number: Int, feed: TopicFeed)] = [:]
    private var lastNumber = 0

    /// - Parameter limit: Of topics that are followed at a time.
    init(_ connections: SystemConnections, _ board: LiveBoard, limit: Int = 8) {
        (self.connections, self.board, self.limit) = (connections, board, limit)
    }

    /// Topics that are followed.
    var count: Int { feeds.count }

    /// Entries that those who follow now have read.
    var looked: Int {
        get async {
            var sum = 0
            for feed in feeds.values { sum += await feed.feed.looked }
            return sum
        }
    }

    /// Shows a topic's tail to a page.
    ///
    /// - Parameters:
    ///   - start: Past which entry.
    ///   - isMasked: Its viewer may not see private data.
    /// - Throws: `TooMany`.
    func add(
        _ stream: LiveStream,
        of topic: TopicContract,
        _ filter: EventFilter,
        past start: EntryID,
        by clock: PageClock,
        isMasked: Bool
    ) async throws(TooMany) {
        let window = TailWindow(filter, past: start)
        while true {
            if let known = feeds[topic.name] {
                if await known.feed.add(stream, window, by: clock, isMasked: isMasked) { return }
                // Its last page has left meanwhile.
                remove(topic.name, known.number)
            }
            // Another page may have made one while this one waited.
            guard feeds[topic.name] == nil else { continue }
            guard feeds.count < limit else { throw TooMany() }
            lastNumber += 1
            let number = lastNumber
            let feed = TopicFeed(connections, topic, board, past: start) { [weak self] in
                await self?.remove(topic.name, number)
            }
            feeds[topic.name] = (number, feed)
        }
    }

    private func remove(_ topic: TopicName, _ number: Int) {
        if feeds[topic]?.number == number { feeds[topic] = nil }
    }
}
