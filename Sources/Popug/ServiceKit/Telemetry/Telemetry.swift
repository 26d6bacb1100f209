public import Logging
import Metrics
public import PerchMetrics
import Tracing

/// Logs, metrics and traces of a program, set up once at its start.
public struct Telemetry: Sendable {
    /// What `/metrics` shows.
    public let registry: PrometheusRegistry
    /// The program's logger; libraries that make loggers of their own get the same kind.
    public let logger: Logger

    /// Sets up the process's `LoggingSystem`, `MetricsSystem` and `InstrumentationSystem`. Call it once, before anything is
    /// made that logs, counts or traces; a second call traps.
    ///
    /// - Parameter label: The program's name in logs: `popug.tracker`.
    public static func bootstrap(_ label: String, settings: Settings) -> Telemetry {
        let kind = settings.logHandlers
        LoggingSystem.bootstrap(kind)
        let registry = PrometheusRegistry.ofService()
        MetricsSystem.bootstrap(registry)
        let logger = Logger(label: label, factory: kind)
        InstrumentationSystem.bootstrap(LoggingTracer(logger: logger))
        return Telemetry(registry: registry, logger: logger)
    }
}

extension Settings {
    /// Makes log handlers as `LOG_FORMAT` and `LOG_LEVEL` say: without LOG_FORMAT, text where standard error is a terminal,
    /// else JSON.
    public var logHandlers: @Sendable (_ label: String) -> any LogHandler {
        let format = self[.logFormat] ?? (LogOutput.standardError.isTerminal ? .text : .json)
        let level = self[.logLevel] ?? .info
        return { label in
            var handler: any LogHandler =
                switch format {
                case .json: JSONLogHandler(label: label)
                case .text: TextLogHandler(label: label)
                }
            handler.logLevel = level
            return handler
        }
    }

    /// A logger as the settings say.
    public func logger(_ label: String) -> Logger { Logger(label: label, factory: logHandlers) }
}
