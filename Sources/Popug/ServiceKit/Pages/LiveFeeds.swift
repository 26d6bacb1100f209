import PageKit

/// The tables of open pages that take rows.
actor LiveFeeds {
    private var open: [Int: (stream: LiveStream, feed: LiveFeed)] = [:]

    func add(_ feed: LiveFeed, of stream: LiveStream) { open[stream.id] = (stream, feed) }

    /// Puts into each what has come, and forgets those whose page is closed. It asks once for all of them, and not at all where there are
    /// none.
    func look(_ source: any LiveSource, _ board: LiveBoard) async throws {
        guard !open.isEmpty else { return }
        let news = try await source.rows(of: Set(open.values.map(\.feed)))
        for (id, (stream, feed)) in open {
            let rows = news[feed]
            guard await board.feed(rows?.rows ?? [], words: rows?.words, to: stream) else {
                open[id] = nil
                continue
            }
            if let rows { open[id]?.feed.past = rows.past }
        }
    }
}
