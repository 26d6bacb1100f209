import PageKit

/// What pages say while the read model is built anew.
enum RebuildWords {
    /// Nothing where it is whole.
    static func text(_ progress: RebuildProgress?) -> String {
        guard let progress else { return "" }
        let counts = "\(NumberText.count(progress.replayed)) of \(NumberText.count(progress.total)) events"
        let words = "Being told again: \(progress.percent) % (\(counts)); numbers are incomplete"
        return progress.workers == 0 ? "\(words). Nothing moves: no worker of analytics runs." : words
    }

    /// Seen while there is something to say; an open page keeps it fresh.
    static func notice(_ progress: RebuildProgress?) -> Notice {
        Notice(text(progress), live: AnalyticsKey.rebuild.live)
    }
}

extension RebuildProgress {
    /// Whole ones; never 100 before the end.
    var percent: Int64 {
        let share = Double(replayed) / Double(total) * 100
        return Int64(exactly: share.rounded(.down)).map { min(max(0, $0), 99) } ?? 0
    }
}
