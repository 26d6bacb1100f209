import PageKit
import Perch
import PerchOperating

/// Follows one topic for all who look at its tail: they cost Redis what one costs. It ends when the last of them has left.
///
/// A page gets twenty events a second at the most, and however many come, no more than five thousand are read in any second: the rest
/// is passed by their numbers alone.
actor TopicFeed {
    /// One who looks.
    private struct Viewer {
        let stream: LiveStream
        let clock: PageClock
        let isMasked: Bool
        var window: TailWindow
        /// What was told of what was not shown.
        var told = ""
    }

    /// The most entries that are read in a second.
    private static let most = 5000
    /// How many of the last entries one who comes later is told of.
    private static let kept = 200

    private let connections: SystemConnections
    private let topic: TopicContract
    private let board: LiveBoard
    private let start: EntryID
    private let onEnd: @Sendable () async -> Void
    private var viewers: [Viewer] = []
    private var last: [TopicTail.Entry] = []
    private var following: Task<Void, Never>?
    private var isOver = false
    /// Entries that it has read.
    private(set) var looked = 0

    /// - Parameters:
    ///   - start: Past which entry it begins.
    ///   - onEnd: Hears that nobody looks any more.
    init(
        _ connections: SystemConnections,
        _ topic: TopicContract,
        _ board: LiveBoard,
        past start: EntryID,
        onEnd: @escaping @Sendable () async -> Void
    ) {
        (self.connections, self.topic, self.board) = (connections, topic, board)
        (self.start, self.onEnd) = (start, onEnd)
    }

    /// Shows it to one more page.
    ///
    /// - Returns: False where it has ended: another one has to be made.
    func add(_ stream: LiveStream, _ window: TailWindow, by clock: PageClock, isMasked: Bool) -> Bool {
        guard !isOver else { return false }
        var viewer = Viewer(stream: stream, clock: clock, isMasked: isMasked, window: window)
        for entry in viewer.isMasked ? last.masked(in: connections.contract) : last { viewer.window.add(entry) }
        viewers.append(viewer)
        if following == nil { following = Task { await follow() } }
        return true
    }

    private func follow() async {
        let tail = TopicTail(connections, topic: topic, from: .entry(start))
        var pace = TailPace(most: Self.most, width: topic.partitions)
        var shownAt = ContinuousClock.now - .seconds(1)
        var isAway = false
        while !viewers.isEmpty, !Task.isCancelled {
            do {
                let limit = pace.limit(at: .now)
                if limit > 0 {
                    let entries = try await tail.next(limit: limit)
                    // They count from when they have come: a read may have waited for them.
                    pace.note(entries.count, at: .now)
                    take(entries)
                }
                if let end = pace.rest(at: .now) {
                    try await Task.sleep(until: end)
                    let passed = try await tail.skipToEnd()
                    for index in viewers.indices { viewers[index].window.skip(passed) }
                }
                isAway = false
            } catch let problem as ServerProblem {
                if !isAway {
                    await show(notice: "\(problem.server) does not tell: \(ServerProblemHelp(problem).sentences)")
                }
                isAway = true
                try? await Task.sleep(for: .seconds(1))
            } catch {
                // Somebody ends it.
                break
            }
            if shownAt.duration(to: .now) >= .seconds(1), await show() { shownAt = .now }
        }
        isOver = true
        await onEnd()
    }

    private func take(_ entries: [TopicTail.Entry]) {
        guard !entries.isEmpty else { return }
        looked += entries.count
        let masked = viewers.contains(where: \.isMasked) ? entries.masked(in: connections.contract) : []
        for index in viewers.indices {
            for entry in viewers[index].isMasked ? masked : entries { viewers[index].window.add(entry) }
        }
        last = (last + entries.suffix(Self.kept)).suffix(Self.kept)
    }

    /// Gives each page what it is to show now, and forgets those that are closed.
    ///
    /// - Returns: Whether any of them got something.
    @discardableResult
    private func show(notice: String? = nil) async -> Bool {
        var hasNews = false
        var closed: Set<Int> = []
        for index in viewers.indices {
            let viewer = viewers[index]
            let rows = viewers[index].window.take().map { TailTable.row($0, viewer.clock) }
            let words = viewer.window.words
            viewers[index].told = words
            hasNews = hasNews || !rows.isEmpty
            let isOpen = await board.feed(
                rows,
                words: words == viewer.told ? nil : words,
                notice: notice,
                to: viewer.stream
            )
            if !isOpen { closed.insert(viewer.stream.id) }
        }
        viewers.removeAll { closed.contains($0.stream.id) }
        return hasNews
    }
}
