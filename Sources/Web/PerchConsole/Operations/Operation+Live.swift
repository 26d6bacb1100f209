import Perch
import PageKit
import Times

/// What pages show of an operation while it runs.
extension Operation {
    /// The values, by the names under which streams carry them.
    func live(at now: Timestamp) -> [LiveKey: String] {
        var values: [LiveKey: String] = [:]
        values[key("done")] = String(plan.total > 0 ? min(done, plan.total) : done)
        values[key("done/words")] = ProgressBar.words(done: done, of: plan.total, unit: plan.unit)
        values[key("state")] = state.words
        values[key("stage")] = stage
        values[key("ending")] = ending
        values[key("rate")] = Figure.rate(rate(at: now)).text
        return values
    }

    /// The name of one of them.
    func key(_ name: String) -> LiveKey { LiveKey("operations/\(id.text)/\(name)") }

    var target: LinkTarget { Places.operation(id) }
}
