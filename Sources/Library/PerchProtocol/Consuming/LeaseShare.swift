/// A number of leases: of each topic, or of all together.
///
/// Of each, so that a topic whose partitions are busy is spread over all workers. Of all together only while workers of the release
/// before live, which count so: what they leave would be nobody's share of its topic.
package enum LeaseShare: Hashable, Sendable, ExpressibleByIntegerLiteral {
    case whole(Int)
    case byTopic([TopicName: Int])

    package init(integerLiteral count: Int) { self = .whole(count) }

    /// Over all topics.
    package var total: Int {
        switch self {
        case .whole(let count): count
        case .byTopic(let counts): counts.values.reduce(0, +)
        }
    }

    /// At most so many of the topic.
    func most(of topic: TopicName) -> Int {
        switch self {
        case .whole(let count): count
        case .byTopic(let counts): counts[topic, default: 0]
        }
    }
}
