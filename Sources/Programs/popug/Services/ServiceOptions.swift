import ArgumentParser
import Foundation
import Perch
import ServiceKit

/// What every command of a service takes.
struct ServiceOptions: ParsableArguments {
    @Option(help: "A file of settings: YAML, or lines NAME=value. Default: POPUG_CONFIG.")
    var config: String?

    @Option(help: "The folder of the contract. Default: STREAMS_DIR, or the nearest folder streams.")
    var streams: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. Default: LOG_LEVEL, or info.")
    var logLevel: String?

    /// All settings, checked; flags win.
    func settings() throws -> Settings {
        var overrides: [SettingName: String] = [:]
        overrides["STREAMS_DIR"] = streams
        overrides["LOG_LEVEL"] = logLevel
        return try Settings.load(file: config, overrides: overrides)
    }
}

extension Settings {
    func contract() throws -> Contract { try Contract.load(directory: self[.streamsDirectory]) }
}
