/// A measurement that cannot be made, or whose effect is wrong.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
