package import Perch

/// A migration as JSON.
package struct MigrateDocument: Encodable {
    let service: String
    let migrations: [Step]
    let topics: [String]
    let isDone: Bool

    struct Step: Encodable {
        let version: Int
        let name: String
    }

    package init(_ service: String, _ migrations: [Migration], _ topics: [TopicName], isDone: Bool) {
        self.service = service
        self.migrations = migrations.map { Step(version: $0.version, name: $0.name) }
        self.topics = topics.map(\.rawValue)
        self.isDone = isDone
    }
}
