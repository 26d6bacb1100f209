import ArgumentParser
import Foundation

/// The id of an operation, as people type it.
struct OperationID: ExpressibleByArgument {
    let uuid: UUID

    init?(argument: String) {
        guard let uuid = UUID(uuidString: argument) else { return nil }
        self.uuid = uuid
    }
}
