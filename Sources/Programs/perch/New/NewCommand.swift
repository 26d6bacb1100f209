import ArgumentParser
import Foundation

/// `perch new NAME`.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a package of a service that publishes and handles events, with its tests.",
        discussion: Help.flowing(
            """
            Writes a folder NAME: the contract of a topic, its event, a handler, the service's tables, a program, and tests.
            It builds and passes its tests as it is. Tests, and the program dev, start a private Redis and Postgres by
            themselves. It refuses a folder that is not empty.

            EXAMPLES
              perch new shop                          beside a checkout of Perch in the folder perch
              perch new shop --perch ~/src/perch
              cd shop && swift test && swift run dev

            EXIT CODES  0 written · 1 it cannot be written, or is there already · 64 wrong usage
            """
        )
    )

    @Argument(help: "The service's name: lowercase words joined by - or _. Also the folder's.") var name: String
    @Option(
        help: ArgumentHelp("A checkout of Perch. Default: ../perch, seen from the new folder.", valueName: "folder")
    )
    var perch: String?

    func validate() throws {
        guard NewPackage.isName(name) else {
            throw ValidationError(
                "expected lowercase words joined by - or _, and none of \(NewPackage.taken); got `\(name)`"
            )
        }
    }

    func run() throws {
        let folder = URL(fileURLWithPath: name, isDirectory: true)
        let checkout = perch.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? "../perch"
        let manifest = URL(fileURLWithPath: checkout, relativeTo: folder).appendingPathComponent("Package.swift")
        guard FileManager.default.fileExists(atPath: manifest.path) else {
            throw Console.fail(
                "there is no checkout of Perch in \(checkout): say where it is by --perch",
                Console.usage
            )
        }
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        guard present.isEmpty, !isFile(folder) else {
            throw Console.fail("\(name) is there already and not empty. Nothing was written", Console.trouble)
        }
        let package = NewPackage(name: name, perch: checkout)
        do {
            for (path, text) in package.files {
                let file = folder.appendingPathComponent(path)
                let parent = file.deletingLastPathComponent()
                try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
        } catch {
            throw Console.fail("\(name) cannot be written: \(error.localizedDescription)", Console.trouble)
        }
        for (path, _) in package.files { Console.out("\(name)/\(path)\n") }
        Console.out("Try it: cd \(name) && swift test && swift run dev\n")
    }

    private func isFile(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
