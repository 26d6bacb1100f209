import Foundation
import Testing

/// What the compiler says of a handler that is not of the right form.
@Suite struct HandlerMistakeTests {
    /// Beside the tests, in SwiftPM's folder of what is built.
    private static let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    private static let modules = products.appendingPathComponent("Modules").path

    private static var hasModules: Bool { FileManager.default.fileExists(atPath: modules + "/Perch.swiftmodule") }

    /// The errors of a program with such a handler, one a line.
    private func errors(_ handle: String, in type: String = "EventHandler") throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-mistake-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = """
            import Perch
            import Postgres
            struct Opened: Event {
                static let type: EventType = "opened"
                static let topic: TopicName = "doors"
                let door: String
                var version: Int { 1 }
                var key: String { door }
            }
            struct Log: \(type) { \(handle) }
            let handlers: [any \(type)] = [Log()]
            """
        let file = folder.appendingPathComponent("mistake.swift")
        try Data(program.utf8).write(to: file)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The C modules below Perch are found as SwiftPM finds them.
        compiler.arguments = [
            "-c",
            """
            maps=
            for map in "$2"/Sources/Connections/C*/module.modulemap "$3"/../../checkouts/*/Sources/*/include/module.modulemap; do
                maps="$maps -Xcc -fmodule-map-file=$map"
            done
            exec swiftc -typecheck -swift-version 6 -I "$1" $maps \
                $(pkg-config --cflags-only-I libpq hiredis | sed 's/-I/-Xcc -I/g') "$4" 2>&1
            """, "sh", Self.modules, root, Self.products.path, file.path,
        ]
        let output = Pipe()
        compiler.standardOutput = output
        try compiler.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        compiler.waitUntilExit()
        return text.split(separator: "\n").map(String.init).filter { $0.contains("error:") && !$0.contains("`-") }
    }

    @Test(.enabled(if: hasModules, "the modules are not beside the tests"))
    func aHandleOfAnotherFormIsNamed() throws {
        let sound = "func handle(_ event: Opened, _ delivery: Delivery, in tx: borrowing Transaction) throws {}"
        #expect(try errors(sound) == [])
        #expect(try errors(sound.replacing(" throws", with: "")) == [])
        for wrong in [
            sound.replacing("throws", with: "async throws"), sound.replacing("borrowing ", with: ""),
            sound.replacing("_ delivery: Delivery, ", with: ""), "",
        ] {
            let found = try errors(wrong)
            #expect(found.contains { $0.contains("it is not async, and tx is borrowed") }, "\(found)")
        }
    }

    @Test(.enabled(if: hasModules, "the modules are not beside the tests"))
    func aBatchHandlersHandleOfAnotherFormIsNamed() throws {
        let types = "let types: [EventType] = []; "
        let sound = types + "func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {}"
        #expect(try errors(sound, in: "BatchHandler") == [])
        for wrong in [
            sound.replacing("throws", with: "async throws"), sound.replacing("borrowing ", with: ""),
            sound.replacing("[Delivery]", with: "Delivery"), types,
        ] {
            let found = try errors(wrong, in: "BatchHandler")
            #expect(found.contains { $0.contains("it is not async, and tx is borrowed") }, "\(found)")
        }
    }

    @Test(.enabled(if: hasModules, "the modules are not beside the tests"))
    func aMiddlewaresHandleOfAnotherFormIsNamed() throws {
        func sound(_ first: String) -> String {
            "func handle(_ events: \(first), in tx: borrowing Transaction, next: (borrowing Transaction) throws -> Void) throws {}"
        }
        #expect(try errors(sound("Delivery") + "; " + sound("[Delivery]"), in: "HandlerMiddleware") == [])
        for wrong in [sound("Delivery"), sound("[Delivery]")] {
            let other = wrong.contains("[") ? sound("Delivery") : sound("[Delivery]")
            for changed in [
                wrong.replacing("throws {}", with: "async throws {}"), wrong.replacing("tx: borrowing ", with: "tx: "),
                "",
            ] {
                let found = try errors(other + "; " + changed, in: "HandlerMiddleware")
                #expect(found.contains { $0.contains("it is not async, and tx is borrowed") }, "\(found)")
            }
        }
    }
}
