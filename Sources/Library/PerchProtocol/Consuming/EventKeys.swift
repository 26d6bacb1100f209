/// The keys of delivered events, in order. A key is made when it is asked for: where nothing has failed, nobody asks.
package struct EventKeys: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    package let startIndex: Int
    package let endIndex: Int
    private let key: @Sendable (Int) -> String

    /// - Parameter key: Of the event at an index from 0; always the same.
    package init(count: Int, _ key: @escaping @Sendable (Int) -> String) {
        self.init(0..<count, key)
    }

    package init(_ keys: [String]) {
        self.init(0..<keys.count) { keys[$0] }
    }

    package init(arrayLiteral elements: String...) {
        self.init(elements)
    }

    private init(_ indices: Range<Int>, _ key: @escaping @Sendable (Int) -> String) {
        startIndex = indices.lowerBound
        endIndex = indices.upperBound
        self.key = key
    }

    package subscript(index: Int) -> String { key(index) }

    package subscript(bounds: Range<Int>) -> EventKeys { EventKeys(bounds, key) }
}

extension EventKeys: Hashable {
    /// Whether the keys are the same, in the same order.
    package static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }

    package func hash(into hasher: inout Hasher) { hasher.combine(Array(self)) }
}
