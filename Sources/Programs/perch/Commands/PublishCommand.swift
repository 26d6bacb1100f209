import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch publish T TYPE --key K --data JSON`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish one event through its owner's outbox, checked against the contract.",
        usage: "perch publish <topic> <type> --key <key> --data <json>",
        discussion: Help.flowing(
            """
            The event is what its owner would have published: every group handles it. Recorded in perch.operations of the
            owner's database. A script that may run twice gives an --id: the event is published once.

            EXAMPLES
              perch publish tickets ticket_closed --key ID --data '{"ticket_id": "ID"}'
              perch publish tickets ticket_closed --key ID --data @event.json --dry-run

            EXIT CODES  0 published, or fine · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The topic.") var topic: String
    @Argument(help: "The event's type.") var type: String
    @Option(help: "Its key: the value of the topic's key field.") var key: String
    @Option(help: ArgumentHelp("Its data, a JSON object; @FILE reads a file, - the standard input.", valueName: "json"))
    var data: String
    @Option(help: "The version of its fields. Default: the newest.") var eventVersion: Int?
    @Option(help: ArgumentHelp("The event's own id. Default: a new one.", valueName: "uuid")) var id: String?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        try Names.requireVersion(eventVersion)
        guard let id, UUID(uuidString: id) == nil else { return }
        throw ValidationError("--id: expected a UUID; got \(id)")
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract)
            let type = EventType(rawValue: type)
            let data = try bytes()
            let version = try Publications.check(topic, type, version: eventVersion, key: key, data: data)
            if change.dryRun { return Console.out("Fine: \(type)/\(version) of \(key), as the contract says.\n") }
            try Console.confirm("Publish \(type)/\(version) of \(key) to \(topic.name)?", yes: change.yes)
            let published = try await Publications(OperatedSystem(system))
                .publish(
                    topic,
                    type,
                    version: version,
                    key: key,
                    data: data,
                    by: change.name,
                    id: id.flatMap { UUID(uuidString: $0) } ?? .v7()
                )
            if json {
                Console.out(try JSONOutput.shown(PublishedDocument(published)))
            } else {
                Console.out(
                    published.isRepeated
                        ? "\(published.id.text) was published before, and not again.\n"
                        : "Published \(published.id.text), on its way to \(published.partition).\n"
                )
                Console.out("See it: perch show \(topic.name) \(published.id.text)\n")
            }
        }
    }

    private func bytes() throws -> [UInt8] {
        if data == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard data.hasPrefix("@") else { return Array(data.utf8) }
        let path = String(data.dropFirst())
        guard let content = FileManager.default.contents(atPath: path) else {
            throw SettingProblem(description: "--data: the file \(path) cannot be read", cause: .commandLine)
        }
        return Array(content)
    }
}
