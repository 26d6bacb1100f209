import Logging
import PageKit
import PerchOperating

/// What all pages share.
struct ConsoleParts: Sendable {
    let settings: ConsoleSettings
    let sampler: Sampler
    let readers: ReaderPool
    let looks: SharedLooks
    let operations: Operations
    let board: LiveBoard
    let tokens: FormTokens
    let login: any ConsoleLogin
    let logger: Logger
    /// What forms that were sent came to.
    let once = FormsOnce()
    let replayPlans = ReplayPlans()
    let feeds: TopicFeeds

    /// Something was changed from here: whoever looks from now on sees it.
    func noteChange() async {
        await looks.forget()
        await sampler.noteChange()
    }

    var connections: SystemConnections { settings.connections }
}
