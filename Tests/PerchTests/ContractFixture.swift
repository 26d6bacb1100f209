import Foundation
import Perch

/// A small contract whose text the tests change.
enum ContractFixture {
    static let orders = """
        owner: shop
        key: order_id
        partitions: 4
        retention: {age: 7d, entries: 1000}
        archive: forever
        groups: [billing]
        events:
          order_placed:
            versions:
              1:
                fields:
                  order_id: {type: string, format: uuid}
                  status: {type: string, enum: [open, paid]}
                  cents: {type: integer, minimum: 0, maximum: 100}
                  note: {type: string, required: false, minLength: 1, maxLength: 5}
                  day: {type: string, format: date, required: false}
                  at: {type: string, format: date-time, required: false}
                  mail: {type: string, format: email, required: false}
                  weight: {type: number, required: false, maximum: 2}
                  gift: {type: boolean, required: false}
              2:
                fields:
                  order_id: {type: string, format: uuid}
                  status: {type: string, enum: [open, paid]}
                  cents: {type: integer, minimum: 0, maximum: 100}
                  note: {type: string, required: false, minLength: 1, maxLength: 5}
                  day: {type: string, format: date, required: false}
                  at: {type: string, format: date-time, required: false}
                  mail: {type: string, format: email, required: false}
                  weight: {type: number, required: false, maximum: 2}
                  gift: {type: boolean, required: false}
                  title: {type: string}
          order_cancelled:
            versions:
              1:
                fields:
                  order_id: {type: string, format: uuid}
        """

    /// The contract with every occurrence of some texts replaced; not checked for contradictions.
    static func contract(_ changes: (String, String)...) throws -> Contract {
        try load(changed(changes), isChecked: false)
    }

    /// The contract of topics with such texts, the first of them `orders`.
    static func load(_ texts: String..., isChecked: Bool = true) throws(ContractError) -> Contract {
        let files = zip(["orders", "returns"], texts).map { topic, text in
            ContractFile(topic: TopicName(rawValue: topic), name: "\(topic).yaml", text: text)
        }
        return try Contract.load(files: files, isChecked: isChecked)
    }

    static func changed(_ changes: [(String, String)]) -> String {
        changes.reduce(orders) { text, change in
            precondition(text.contains(change.0), "the fixture does not contain \(change.0)")
            return text.replacingOccurrences(of: change.0, with: change.1)
        }
    }

    /// Runs the body with a folder of files, which is removed afterwards.
    static func withFolder<R>(_ files: [String: String], _ body: (String) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("perch-contract-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        return try body(folder.path)
    }
}
