import Foundation
import HTTPKit
import Logging
import Perch
import Postgres
import Redis
import ServiceKit
import Testing

@Suite struct SettingsTests {
    /// As the services of a program declare them.
    private static let declared =
        ["auth": 8081, "tracker": 8082].flatMap { name, port in
            ServiceDescription(name: name, port: port, migrations: []) { _ in "" }.settings
        } + [DeclaredSetting(passwordCost), DeclaredSetting(.payoutTimeZone)]

    private static let passwordCost = Setting.number("PASSWORD_COST", in: 10...20, default: 17)

    private func load(
        file: String? = nil,
        environment: [String: String] = [:],
        overrides: [SettingName: String] = [:]
    ) throws(SettingsError) -> Settings {
        try Settings.load(file: file, environment: environment, overrides: overrides, declared: Self.declared)
    }

    private func withFile(_ name: String, _ text: String, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        try body(file.path)
    }

    private func problems(_ load: () throws -> Void) -> [String] {
        do {
            try load()
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func withoutAnythingTheDefaultsHold() throws {
        let settings = try load()
        #expect(try settings.require(.batchSize) == 500)
        #expect(try settings.require(.lease) == .seconds(5))
        #expect(try settings.require(.logLevel) == .info)
        #expect(settings[.logFormat] == nil)
        #expect(try settings.require(Self.passwordCost) == 17)
        #expect(settings[.streamsDirectory] == nil)
        #expect(
            problems { _ = try settings.require(.redisURL) }.first?.hasPrefix("REDIS_URL: expected redis://") == true
        )
    }

    @Test func flagsWinOverTheEnvironmentAndTheEnvironmentOverTheFile() throws {
        try withFile("popug.env", "BATCH_SIZE=1\nLEASE_SECONDS=11\nPASSWORD_COST=11") { file in
            let settings = try load(
                file: file,
                environment: ["BATCH_SIZE": "2", "LEASE_SECONDS": "12"],
                overrides: ["BATCH_SIZE": "3"]
            )
            #expect(settings[.batchSize] == 3)
            #expect(settings[.lease] == .seconds(12))
            #expect(settings[Self.passwordCost] == 11)
            #expect(try load(environment: ["POPUG_CONFIG": file])[Self.passwordCost] == 11)
        }
    }

    @Test func aFileOfLinesMayHaveCommentsQuotesAndExports() throws {
        let text =
            "# the office\r\n\r\nexport LOG_LEVEL='debug'\r\n BATCH_SIZE = \"7\" \r\nREDIS_URL=redis://:p=w@h:1/0\r\n"
        try withFile(".env", text) { file in
            let settings = try load(file: file)
            #expect(settings[.logLevel] == .debug)
            #expect(settings[.batchSize] == 7)
            #expect(settings.isSet(.redisURL))
        }
    }

    @Test(arguments: [
        "BATCH_SIZE: 7\nTRACKER_DATABASE_URL: postgresql://h/t",
        "batch_size: 7\ntracker: {database_url: 'postgresql://h/t'}",
        "batch:\n  size: 7\ntracker:\n  database:\n    url: postgresql://h/t",
    ]) func aYAMLFileMayBeFlatOrNested(_ text: String) throws {
        try withFile("popug.yaml", text) { file in
            let settings = try load(file: file)
            #expect(settings[.batchSize] == 7)
            #expect(settings[.databaseURL(of: "tracker")]?.description == "Postgres at h/t")
            #expect(!settings.isSet(.databaseOwnerURL(of: "tracker")))
        }
    }

    @Test func anErrorNamesTheSettingWhatItExpectsAndWhatItGot() throws {
        let found = problems {
            _ = try load(environment: [
                "BATCH_SIZE": "many", "LOG_FORMAT": "xml", "PAYOUT_TIME_ZONE": "Mars/Base",
            ])
        }
        #expect(
            found == [
                "BATCH_SIZE: expected a whole number from 1 to 10000, got `many` (in the environment)",
                "LOG_FORMAT: expected one of text, json, got `xml` (in the environment)",
                "PAYOUT_TIME_ZONE: expected a time zone such as Europe/Berlin, got `Mars/Base` (in the environment)",
            ]
        )
    }

    @Test func aSecretIsNeverShown() throws {
        let found = problems {
            _ = try load(environment: [
                "AUTH_DATABASE_URL": "mysql://u:s3cret@h/d", "REDIS_URL": "http://:s3cret@h",
            ])
        }
        #expect(found.count == 2 && found.allSatisfy { !$0.contains("s3cret") })
        try withFile("popug.env", "s3cret\n") { file in
            let found = problems { _ = try load(file: file) }
            #expect(found == ["expected NAME=value, got a line that is not (in \(file):1)"])
        }
    }

    @Test func anUnknownNameInAFileIsAnErrorWithTheNearestKnownOne() throws {
        for (name, text) in [("popug.env", "REDIS_ULR=x"), ("popug.yaml", "redis: {ulr: x}")] {
            try withFile(name, text) { file in
                let found = problems { _ = try load(file: file) }
                #expect(found.count == 1 && found[0].contains("did you mean `REDIS_URL`?"), "\(found)")
            }
        }
        // The environment is full of names of others.
        _ = try load(environment: ["REDIS_ULR": "x", "PATH": "/bin"])
    }

    /// What no service of the program declares is nobody's setting.
    @Test func aSettingIsKnownWhereItsServiceDeclaresIt() throws {
        try withFile("popug.env", "PASSWORD_COST=11") { file in
            let found = problems { _ = try Settings.load(file: file, environment: [:]) }
            #expect(
                found.count == 1 && found[0].contains("expected the name of a setting, got `PASSWORD_COST`"),
                "\(found)"
            )
            let settings = try load(file: file)
            #expect(settings[Self.passwordCost] == 11)
        }
    }

    @Test func aFileThatIsNotThereOrNoYAMLIsAnError() throws {
        #expect(problems { _ = try load(file: "/nowhere/x.env") } != [])
        try withFile("popug.yaml", "- a\n- b") { file in
            #expect(problems { _ = try load(file: file) } != [])
        }
        try withFile("popug.yaml", "BATCH_SIZE: [1, 2]") { file in
            #expect(
                problems { _ = try load(file: file) }.first?.hasPrefix(
                    "BATCH_SIZE: expected one value"
                ) == true
            )
        }
        try withFile("popug.yaml", "# nothing yet\n") { file in _ = try load(file: file) }
    }

    @Test func eachServiceHasAPortAndAuthAURL() throws {
        let settings = try load(environment: ["TRACKER_PORT": "9000"])
        #expect(try settings.require(.port(of: "auth", default: 8081)) == 8081)
        #expect(try settings.require(.port(of: "tracker", default: 8082)) == 9000)
        #expect(try settings.require(.issuer).description == "http://127.0.0.1:8081")
        let url = try load(environment: ["AUTH_ISSUER_URL": "https://auth.example.com/"])
        #expect(try url.require(.issuer).description == "https://auth.example.com")
        #expect(
            problems { _ = try load(environment: ["AUTH_PORT": "0", "TRACKER_PORT": "http"]) } == [
                "AUTH_PORT: expected a port: a whole number from 1 to 65535, got `0` (in the environment)",
                "TRACKER_PORT: expected a port: a whole number from 1 to 65535, got `http` (in the environment)",
            ]
        )
    }

    @Test(arguments: [
        "", "auth", "ftp://auth", "http://", "https://user@auth", "https://auth?x=1", "https://auth#x", "//auth",
    ]) func whatIsNoURLOfHTTPIsNoIssuer(_ text: String) {
        #expect(Issuer(text) == nil)
    }
}
