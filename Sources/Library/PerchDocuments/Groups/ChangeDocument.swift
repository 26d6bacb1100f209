/// A change of a group as JSON.
package struct ChangeDocument: Encodable {
    let group: String
    let topic: String?
    let partitions: Int
    let isDone: Bool

    package init(group: String, topic: String?, partitions: Int, isDone: Bool) {
        (self.group, self.topic, self.partitions, self.isDone) = (group, topic, partitions, isDone)
    }
}
