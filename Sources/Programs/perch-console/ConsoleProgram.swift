import ArgumentParser
import Foundation
import Logging
import OperatorSettings
import Perch
import PerchConsole
import PerchOperating
import ServiceLifecycle

@main
struct ConsoleProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perch-console",
        abstract: "The web console of a Perch system: what flows, who is behind, what failed, and what to do.",
        discussion: """
            It serves this machine alone, and prints an address that logs you in; whoever has it may do everything. With an
            issuer (OpenID Connect) in `console:` of the context people log in by name, and --host may be any. Servers are
            found as perch finds them: by flags, else the environment, else a context of the config file. All who look share
            one look at the servers every two seconds, and one every fifteen where nobody does.

            EXAMPLES
              perch-console
              perch-console --context production --read-only
              perch-console --port 9090 --open

            EXIT CODES  0 it was told to stop · 1 it cannot start; the text says why · 64 wrong usage
            """
    )

    @Option(help: "The address to listen on: one of this machine's own.") var host = "127.0.0.1"
    @Option(help: "The port. Default: CONSOLE_PORT, the context's, or 8080.") var port: Int?
    @Flag(help: "Everybody may look, and nobody may change anything.") var readOnly = false
    @Flag(help: "Open it in the browser, too.") var open = false
    @Option(help: "Who acts, for the records of changes. Default: USER@HOST.") var by: String?
    @OptionGroup var connections: ConnectionOptions

    func validate() throws {
        if let port, !(1...65_535).contains(port) { throw ValidationError("--port: expected 1 to 65535; got \(port)") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let problem as SettingProblem {
            throw fail(problem.description, problem.cause == .commandLine ? .validationFailure : .failure)
        } catch let error as ContractError {
            throw fail(error.description)
        } catch let error as InvalidConsoleSetting {
            throw fail(error.description)
        }
    }

    private func serve() async throws {
        let chosen = try connections.opened()
        let context = chosen.context
        var settings = ConsoleSettings(
            connections: chosen.connections,
            context: context?.name ?? "perch",
            operatorName: by ?? OperatorName.ofThisUser
        )
        settings.owners = chosen.owners
        settings.contractSource = (chosen.contract.folder, chosen.contract.origin.rawValue)
        settings.host = host
        settings.port = try port ?? portOfEnvironment() ?? context?.console.port ?? settings.port
        settings.isReadOnly = readOnly
        settings.tint = context?.tint.flatMap { ConsoleSettings.Tint(rawValue: $0.rawValue) }
        settings.issuer = try context.flatMap { try Self.issuer($0.console) }
        var logger = Logger(label: "perch-console")
        logger.logLevel = .warning
        let console = try PerchConsole(settings, logger: logger) { [open] address in
            // At once, also into a file or a pipe.
            FileHandle.standardOutput.write(Data("perch-console: \(address)\n".utf8))
            if open { Self.open(address) }
        }
        do {
            try await ServiceGroup(services: [console], stoppingWithin: .seconds(40), logger: logger).run()
        } catch {
            throw fail("cannot serve on port \(settings.port): \(error)")
        }
    }

    private static func issuer(_ console: ContextConsole) throws -> ConsoleIssuer? {
        guard let issuer = console.issuer else { return nil }
        guard let clientID = console.clientID, let publicURL = console.publicURL else {
            throw SettingProblem(description: "console: with issuer, client_id and public_url are needed")
        }
        var settings = ConsoleIssuer(issuer: issuer, clientID: clientID, publicURL: publicURL)
        settings.clientSecret = try console.clientSecretFile.map { file in
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw SettingProblem(description: "console: client_secret_file: \(file) cannot be read")
            }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if let claim = console.roleClaim { settings.roleClaim = claim }
        // A role that is not named keeps its default.
        if !console.roles.admin.isEmpty { settings.admins = console.roles.admin }
        if !console.roles.operator.isEmpty { settings.operators = console.roles.operator }
        if !console.roles.viewer.isEmpty { settings.viewers = console.roles.viewer }
        return settings
    }

    private func portOfEnvironment() throws -> Int? {
        guard let text = ProcessInfo.processInfo.environment["CONSOLE_PORT"], !text.isEmpty else { return nil }
        guard let port = Int(text), (1...65_535).contains(port) else {
            throw SettingProblem(description: "CONSOLE_PORT: expected 1 to 65535; got \(text)")
        }
        return port
    }

    private func fail(_ words: String, _ code: ExitCode = .failure) -> ExitCode {
        FileHandle.standardError.write(Data("perch-console: error: \(words)\n".utf8))
        return code
    }

    /// By the desktop's own way; where there is none, the address stands on the screen.
    private static func open(_ address: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        #if os(macOS)
            process.arguments = ["open", address]
        #else
            process.arguments = ["xdg-open", address]
        #endif
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
    }
}
