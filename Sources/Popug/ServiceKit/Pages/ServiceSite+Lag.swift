import Foundation
import PageKit

extension ServiceSite {
    /// The same site, whose pages say where the service's handlers are behind the events by more than 5 s.
    ///
    /// - Parameter lag: How long the oldest event has waited that is not handled, zero where there is none; nil where that is not known. It
    ///   is asked at most once a second for all who look, and while nobody does not at all.
    package func telling(lag: @escaping @Sendable () async -> Duration?) -> ServiceSite {
        telling(HandlerLag(of: settings.program.rawValue.capitalized, ask: lag))
    }

    func telling(_ lag: HandlerLag) -> ServiceSite {
        var site = self
        site.lag = lag
        site.watch.lag = lag
        return site
    }

    /// What a page says on top; nil where there is nothing to say, and nothing can come.
    func lagNotice(isLive: Bool) async -> Notice? {
        guard let lag else { return nil }
        let words = await lag.words()
        guard isLive || !words.isEmpty else { return nil }
        return Notice(words, "What happened last may not be here yet.", live: HandlerLag.key)
    }
}
