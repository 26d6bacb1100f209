import Foundation

extension UUID {
    /// The id as it stands in the streams: lowercase, so that one id is one key and has one partition.
    var key: String { uuidString.lowercased() }
}
