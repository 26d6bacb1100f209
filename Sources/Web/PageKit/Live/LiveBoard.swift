import StrictJSON

/// The values that open pages show, and the streams that carry them there.
///
/// Whoever knows new values puts them on the board; each stream gets those that its page shows and that have changed. A client that
/// takes them slowly misses values in between, and never the last ones: what waits for it is at most one value of each key.
package actor LiveBoard {
    /// There are as many streams as there may be.
    package struct TooManyStreams: Error {}

    /// What a stream has to say next.
    struct Parcel: Sendable {
        var values: [LiveKey: String] = [:]
        var notices: [String] = []
        var feed = FeedNews()
        var isBeat = false
        var isOver = false

        mutating func add(notice words: String) {
            notices.append(VisibleText.of(words))
            if notices.count > LiveBoard.mostNotices { notices.removeFirst() }
        }
    }

    private struct Viewer {
        let keys: Set<LiveKey>
        let session: String
        let bell: AsyncStream<Void>.Continuation
        var parcel: Parcel
    }

    /// The most notices that wait for a slow client.
    private static let mostNotices = 10

    private let limit: Int
    private let heartbeat: Duration
    private var values: [LiveKey: String] = [:]
    private var viewers: [Int: Viewer] = [:]
    private var lastNumber = 0
    private var beating: Task<Void, Never>?

    /// - Parameters:
    ///   - limit: The most streams at a time. Default 200.
    ///   - heartbeat: How long a stream says nothing at most, so that a connection without life is noticed. Default 15 s.
    package init(limit: Int = 200, heartbeat: Duration = .seconds(15)) {
        (self.limit, self.heartbeat) = (limit, heartbeat)
    }

    /// Streams that are open.
    package var streamCount: Int { viewers.count }

    /// What open pages show: what is worth asking for.
    package var watched: Set<LiveKey> { viewers.values.reduce(into: []) { $0.formUnion($1.keys) } }

    /// Whose streams are open.
    package var sessions: Set<String> { Set(viewers.values.map(\.session)) }

    /// Puts values on the board. Those that are there already, and the same, are told nobody.
    package func publish(_ news: [LiveKey: String]) {
        var changed: [LiveKey: String] = [:]
        for (key, value) in news {
            let value = VisibleText.of(value)
            if values.updateValue(value, forKey: key) != value { changed[key] = value }
        }
        guard !changed.isEmpty else { return }
        for (number, viewer) in viewers {
            let seen = changed.filter { viewer.keys.contains($0.key) }
            guard !seen.isEmpty else { continue }
            viewers[number]?.parcel.values.merge(seen) { _, new in new }
            viewer.bell.yield()
        }
    }

    /// Takes all values off the board that no open page shows.
    package func forgetUnwatched() {
        let watched = watched
        values = values.filter { watched.contains($0.key) }
    }

    /// Takes values off the board; pages keep what they show.
    package func forget(_ keys: some Sequence<LiveKey>) {
        for key in keys { values[key] = nil }
    }

    /// Says a sentence to all pages that show one of the keys, such as `2 rows changed`.
    package func notify(_ words: String, showing keys: Set<LiveKey>) {
        for (number, viewer) in viewers where !viewer.keys.isDisjoint(with: keys) {
            viewers[number]?.parcel.add(notice: words)
            viewer.bell.yield()
        }
    }

    /// Puts rows into the table of one page. Of what a slow client does not take, the oldest are dropped.
    ///
    /// - Parameters:
    ///   - rows: The oldest first.
    ///   - words: How many more there were that are not shown. Default: as before.
    ///   - notice: A sentence to say. Default: none.
    /// - Returns: False where the stream is closed.
    @discardableResult
    package func feed(
        _ rows: [FeedRow],
        words: String? = nil,
        notice: String? = nil,
        to stream: LiveStream
    ) -> Bool {
        guard viewers[stream.number] != nil else { return false }
        guard !rows.isEmpty || words != nil || notice != nil else { return true }
        viewers[stream.number]?.parcel.feed.add(rows, words: words)
        if let notice { viewers[stream.number]?.parcel.add(notice: notice) }
        viewers[stream.number]?.bell.yield()
        return true
    }

    /// Ends the streams of a session, and tells their pages that they are logged out.
    package func end(session: String) {
        for (number, viewer) in viewers where viewer.session == session {
            viewers[number]?.parcel.isOver = true
            viewer.bell.yield()
        }
    }

    /// Opens a stream. It has all values of its keys at first.
    ///
    /// - Parameters:
    ///   - keys: What the page shows and the session may see.
    ///   - session: Whose it is.
    /// - Throws: `TooManyStreams`.
    package func open(_ keys: Set<LiveKey>, session: String) throws(TooManyStreams) -> LiveStream {
        guard viewers.count < limit else { throw TooManyStreams() }
        let (bells, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        lastNumber += 1
        var parcel = Parcel()
        for key in keys { parcel.values[key] = values[key] }
        // Something comes at once, so that the page knows that it is live.
        parcel.isBeat = true
        viewers[lastNumber] = Viewer(keys: keys, session: session, bell: bell, parcel: parcel)
        bell.yield()
        beat()
        return LiveStream(board: self, number: lastNumber, bells: bells)
    }

    /// What has gathered for a stream; nil where it is closed.
    func take(_ number: Int) -> Parcel? {
        guard let parcel = viewers[number]?.parcel else { return nil }
        viewers[number]?.parcel = Parcel()
        return parcel
    }

    func close(_ number: Int) {
        viewers.removeValue(forKey: number)?.bell.finish()
        if viewers.isEmpty {
            beating?.cancel()
            beating = nil
        }
    }

    private func beat() {
        guard beating == nil else { return }
        beating = Task { [weak self, heartbeat] in
            while (try? await Task.sleep(for: heartbeat)) != nil { await self?.ring() }
        }
    }

    private func ring() {
        for (number, viewer) in viewers {
            viewers[number]?.parcel.isBeat = true
            viewer.bell.yield()
        }
    }
}
