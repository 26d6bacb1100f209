/// One file of a contract: the text that declares a topic.
package struct ContractFile: Sendable {
    let topic: TopicName
    /// How it is called in messages: a path, or where it comes from.
    let name: String
    let text: String

    package init(topic: TopicName, name: String, text: String) {
        self.topic = topic
        self.name = name
        self.text = text
    }
}
