import Accounting
import Analytics
import ArgumentParser
import Auth
import Foundation
import Perch
import ServiceKit
import Tracker

/// What every command of a service takes.
struct ServiceOptions: ParsableArguments {
    @Option(help: "A file of settings: YAML, or lines NAME=value. Default: POPUG_CONFIG.")
    var config: String?

    @Option(help: "The folder of the contract. Default: STREAMS_DIR, or the nearest folder streams.")
    var streams: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. Default: LOG_LEVEL, or info.")
    var logLevel: String?

    /// Of all services, and of the office: one file may serve all.
    static let declared =
        [Auth.service, Tracker.service, Accounting.service, Analytics.service()].flatMap(\.settings)
        + [DeclaredSetting(.officeEmail), DeclaredSetting(.officePassword)]

    /// All settings, checked; flags win.
    func settings() throws -> Settings {
        var overrides: [SettingName: String] = [:]
        overrides["STREAMS_DIR"] = streams
        overrides["LOG_LEVEL"] = logLevel
        return try Settings.load(file: config, overrides: overrides, declared: Self.declared)
    }
}

extension Settings {
    func contract() throws -> Contract { try Contract.load(directory: self[.streamsDirectory]) }
}
