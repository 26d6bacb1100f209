/// What has failed before may have ended the former owner's process: it is tried again one by one, each attempt counted.
struct RetryCautions: Sendable {
    /// How many events are still to be tried so.
    private var left: [Partition: Int] = [:]
    /// The keys of failed events whose attempt this process has counted, and that have not been settled since.
    private var counted: [Partition: Set<String>] = [:]

    var isEmpty: Bool { left.isEmpty }

    func isCautious(_ partition: Partition) -> Bool { left[partition] != nil }

    mutating func begin(_ partition: Partition, count: Int) { left[partition] = count }

    /// It is not held any more, or by another owner meanwhile.
    mutating func forget(_ partition: Partition) {
        end(partition)
        forgetCounted(partition)
    }

    /// What ended the former owner's process was none of these.
    mutating func end(_ partition: Partition) { left[partition] = nil }

    /// An operator has changed something: attempts may begin anew.
    mutating func forgetCounted(_ partition: Partition) { counted[partition] = nil }

    /// Whether this process, which lives, has counted it: trying that again is no further attempt.
    func hasCounted(_ partition: Partition, _ key: String) -> Bool { counted[partition]?.contains(key) == true }

    /// One is about to be counted.
    mutating func step(_ partition: Partition) {
        left[partition] = left[partition].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    mutating func count(_ partition: Partition, _ keys: some Sequence<String>) {
        counted[partition, default: []].formUnion(keys)
    }

    /// The first of their keys is another event now, or may be.
    mutating func settle(_ partition: Partition, _ keys: some Sequence<String>) { counted[partition]?.subtract(keys) }
}
