import PerchProtocol

extension SplitMix64 {
    /// Uniform in 0..<bound; the bias of the modulo is far below what a schedule could notice.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() % UInt64(bound)) }

    mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

    mutating func chance(perMille: Int) -> Bool { below(1000) < perMille }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}

/// Microseconds of virtual time.
extension Int64 {
    static func milliseconds(_ count: Int) -> Int64 { Int64(count) * 1000 }
    static func seconds(_ count: Int) -> Int64 { Int64(count) * 1_000_000 }
}

extension Duration {
    var virtual: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
