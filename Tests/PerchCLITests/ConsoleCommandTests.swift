import Foundation
import Testing

/// `perch console` goes on as the program perch-console that lies beside it.
struct ConsoleCommandTests {
    private func withFolder(_ body: (_ folder: URL, _ perch: URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-beside-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder, try #require(try Tool.process([], environment: [:]).executableURL))
    }

    /// A program that prints its arguments, a line each, and ends with 7.
    private func placeProgram(in folder: URL) throws {
        let path = folder.appendingPathComponent("perch-console").path
        try "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    @Test(arguments: ["a copy", "a link"])
    func allArgumentsAndTheExitCodeAreThoseOfTheProgramBesideIt(_ kind: String) throws {
        try withFolder { folder, perch in
            let own = folder.appendingPathComponent("perch")
            if kind == "a copy" {
                try FileManager.default.copyItem(at: perch, to: own)
            } else {
                try FileManager.default.createSymbolicLink(at: own, withDestinationURL: perch)
            }
            try placeProgram(in: folder)
            let result = try Tool.run(["console", "--port", "8080", "--help", "a b"], environment: [:], as: own)
            #expect(result.code == 7 && result.out == "--port\n8080\n--help\na b\n", "\(result)")
        }
    }

    @Test func aLinkElsewhereStillFindsWhatLiesBesideTheProgramItself() throws {
        try withFolder { folder, perch in
            let (own, link) = (folder.appendingPathComponent("perch"), folder.appendingPathComponent("bin/perch"))
            try FileManager.default.copyItem(at: perch, to: own)
            try FileManager.default.createDirectory(
                at: link.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: own)
            try placeProgram(in: folder)
            let result = try Tool.run(["console", "x"], environment: [:], as: link)
            #expect(result.code == 7 && result.out == "x\n", "\(result)")
        }
    }

    @Test func whereItIsNotThereThePlaceIsSaid() throws {
        try withFolder { folder, perch in
            let own = folder.appendingPathComponent("perch")
            try FileManager.default.copyItem(at: perch, to: own)
            let result = try Tool.run(["console"], environment: [:], as: own)
            #expect(result.code == 1 && result.out.isEmpty, "\(result)")
            #expect(result.error.contains("no program perch-console in \(folder.path)"), "\(result)")
            #expect(result.error.contains("put it there, beside perch"), "\(result)")
        }
    }
}
