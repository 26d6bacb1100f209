import Yams

/// A place where a contract contradicts itself, or declares what cannot work.
struct Contradiction: Hashable {
    let topic: TopicName
    /// The place within the topic's file, such as `events.user_created.versions.1`.
    let path: String
    let message: String

    /// As a problem of the topic's file, with the line of the place or of the nearest one around it.
    func problem(in reader: ContractReader?) -> ContractProblem {
        guard let reader else {
            return ContractProblem(
                file: topic.rawValue.isEmpty ? "streams" : "\(topic).yaml",
                path: path,
                message: message
            )
        }
        var place = path[...]
        while !place.isEmpty, reader.marks[String(place)] == nil {
            place = place[..<(place.lastIndex(of: ".") ?? place.startIndex)]
        }
        let mark = reader.marks[String(place)]
        return ContractProblem(file: reader.file, line: mark?.line, column: mark?.column, path: path, message: message)
    }
}
