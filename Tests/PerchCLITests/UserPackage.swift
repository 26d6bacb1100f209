import Foundation
import Testing

/// A package of somebody who uses Perch, whose files are type-checked against the modules that were built with the tests.
struct UserPackage {
    /// By path within the package.
    let files: [String: String]

    private final class Anchor {}

    /// Where the tests were built; the modules lie in it.
    private static var built: URL {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return [folder, Bundle(for: Anchor.self).bundleURL.deletingLastPathComponent()]
            .first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("Modules").path) } ?? folder
    }

    static var hasModules: Bool {
        FileManager.default.fileExists(atPath: built.appendingPathComponent("Modules/Perch.swiftmodule").path)
    }

    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    func write(to folder: URL) throws {
        for (path, text) in files {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    /// A folder while the body runs.
    static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-package-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// What the compiler says against the targets, each with those before it; empty where it takes them.
    ///
    /// - Parameter targets: Folders below `folder`; the last part is the module's name.
    static func errors(in folder: URL, targets: [String]) throws -> String {
        var said = ""
        for target in targets {
            let name = (target.split(separator: "/").last.map(String.init) ?? target).replacing("-", with: "_")
            let isProgram = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent("\(target)/main.swift").path
            )
            said += try shell(
                """
                set -e
                cd "$1"
                maps=$(ls "$2"/Sources/Connections/*/module.modulemap "$2"/.build/checkouts/*/Sources/*/include/module.modulemap)
                for map in $maps "$3"/*.build/module.modulemap; do
                    if [ -e "$map" ]; then set -- "$@" -Xcc -fmodule-map-file="$map"; fi
                done
                folder=$1 modules=$3/Modules target=$4 name=$5 kind=$6
                shift 6
                exec swiftc -emit-module -module-name "$name" -o "$folder/$name.swiftmodule" $kind -swift-version 6 \\
                    -enable-testing -I "$modules" -I "$folder" \\
                    $(pkg-config --cflags-only-I libpq hiredis openssl | sed 's/-I/-Xcc -I/g') "$@" "$target"/*.swift 2>&1
                """,
                [folder.path, checkout.path, built.path, target, name, isProgram ? "" : "-parse-as-library"]
            )
        }
        return said
    }

    /// What the manifest declares, as SwiftPM reads it: with a scratch folder of its own, for the one of the checkout is locked by
    /// who runs these tests.
    static func manifest(in folder: URL) throws -> [String: Any] {
        let text = try withFolder { scratch in
            try shell(
                #"exec swift package --package-path "$1" --scratch-path "$2" dump-package"#,
                [folder.path, scratch.path]
            )
        }
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    /// The products of Perch that a package's targets take; those that Perch does not have are left out.
    static func products(ofPerchIn manifest: [String: Any]) throws -> Set<String> {
        let own = try self.manifest(in: checkout)
        let names = (own["products"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        let targets = manifest["targets"] as? [[String: Any]] ?? []
        let taken = targets.flatMap { $0["dependencies"] as? [[String: Any]] ?? [] }
            .compactMap { $0["product"] as? [Any] }
            .filter { $0.dropFirst().first as? String == "perch" }
            .compactMap { $0.first as? String }
        return Set(taken).intersection(names)
    }

    private static func shell(_ script: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0, text.isEmpty { return "ended with \(process.terminationStatus)" }
        return text
    }
}
