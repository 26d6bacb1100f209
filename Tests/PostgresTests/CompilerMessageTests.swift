import Foundation
import Testing

/// What the compiler says of a mistake in a user's program.
@Suite struct CompilerMessageTests {
    private static let modules = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("Modules")

    private static var hasModules: Bool {
        FileManager.default.fileExists(atPath: modules.appendingPathComponent("Postgres.swiftmodule").path)
    }

    /// The errors of a program that imports Postgres, one a line.
    private func errors(_ program: String) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-mistake-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("mistake.swift")
        try Data("import Foundation\nimport Postgres\n\(program)\n".utf8).write(to: file)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/bin/sh")
        // As SwiftPM finds libpq.
        compiler.arguments = [
            "-c",
            """
            exec swiftc -typecheck -swift-version 6 -I "$1" -Xcc -fmodule-map-file="$2" \
                $(pkg-config --cflags-only-I libpq | sed 's/-I/-Xcc -I/g') "$3" 2>&1
            """, "sh", Self.modules.path,
            root.appendingPathComponent("Sources/Connections/CLibPQ/module.modulemap").path, file.path,
        ]
        let output = Pipe()
        compiler.standardOutput = output
        try compiler.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        compiler.waitUntilExit()
        return text.split(separator: "\n").map(String.init).filter {
            $0.contains("mistake.swift") && $0.contains("error:")
        }
    }

    @Test(.enabled(if: hasModules, "the modules are not beside the tests"))
    func aValueThatCannotBeBoundIsNamedWithWhatToDo() throws {
        let kinds = "enum Currency: String { case czk }\nenum Bound: String, PostgresCodable { case a }\n"
        let sound =
            #"let sql: SQL = "SELECT \(Bound.a) \(Date()) \(Decimal(1)) \(Data()) \(Float(1)) \(Bound?.none) \([1])""#
        #expect(try errors(kinds + sound) == [])
        for wrong in ["Currency.czk", "Currency?.none", "UInt64(1)", "URL(string: \"x\")"] {
            let found = try errors(kinds + #"let sql: SQL = "SELECT \(\#(wrong))""#)
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.contains("its type has no form in Postgres") == true, "\(found)")
            #expect(found.first?.contains("extension T: PostgresCodable {}") == true)
        }
    }
}
