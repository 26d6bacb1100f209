import ArgumentParser
import Foundation
import Perch

/// Where `popug dev` keeps its things, and where it finds those of the project.
struct DevSite {
    let directory: String
    let streams: String
    /// `ops/`, beside the contract: rights and server settings are taken from there, so that they are true.
    let operations: String

    init(directory: String, streams: String?) throws {
        self.directory = URL(fileURLWithPath: directory).standardizedFileURL.path
        self.streams = try Contract.locate(explicit: streams)
        operations = URL(fileURLWithPath: self.streams).standardizedFileURL.deletingLastPathComponent().path + "/ops"
        guard FileManager.default.fileExists(atPath: operations + "/postgres/roles.sql") else {
            throw ValidationError(
                "expected the folder ops beside \(self.streams): run popug dev in a checkout of the project"
            )
        }
        try FileManager.default.createDirectory(
            atPath: self.directory + "/logs",
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o711]
        )
    }

    func path(_ name: String) -> String { directory + "/" + name }

    func log(_ name: String) -> String { directory + "/logs/\(name).log" }

    /// A folder that the user `postgres` can reach where we are root; below the directory where it can be.
    func postgresFolder() -> String {
        let own = path("postgres")
        guard geteuid() == 0, !Self.isOpenToAll(directory) else { return own }
        let name = directory.unicodeScalars.reduce(into: UInt64(5381)) { $0 = $0 &* 33 &+ UInt64($1.value) }
        let elsewhere = "/var/lib/perch-dev-" + String(name, radix: 36)
        print("dev: the user postgres cannot reach \(directory); its data is in \(elsewhere)")
        return elsewhere
    }

    /// Every folder on the way can be entered by everybody.
    private static func isOpenToAll(_ directory: String) -> Bool {
        var folder = URL(fileURLWithPath: directory)
        while folder.path != "/" {
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path)
            guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o001 != 0 else { return false }
            folder.deleteLastPathComponent()
        }
        return true
    }
}
