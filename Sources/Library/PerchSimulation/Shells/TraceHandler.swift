import Logging

/// Writes what a loop logs into the run's trace.
///
/// `@unchecked Sendable`: the loop and its logger are used only by who has the baton of the run.
struct TraceHandler: LogHandler, @unchecked Sendable {
    unowned(unsafe) let actor: ShellActor
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if "\(event.message)".hasPrefix("Redis lost a stream's tail"), let place = event.metadata?["partition"] {
            actor.simulation.checkTailLost(Int("\(place)".dropFirst(2)) ?? 0)
        }
        guard actor.simulation.tracing else { return }
        let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        actor.simulation.trace("\(actor.name) LOG \(event.message) \(facts.joined(separator: " "))")
    }
}

extension Logger {
    /// Of a run without a trace nothing is written, or made to be written; what a relay warns of is looked at.
    static func tracing(_ actor: ShellActor) -> Logger {
        guard actor.simulation.tracing else {
            guard actor.role == .relay else { return Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() } }
            return Logger(label: "simulation") { _ in TraceHandler(actor: actor, logLevel: .warning) }
        }
        return Logger(label: "simulation") { _ in TraceHandler(actor: actor) }
    }
}
