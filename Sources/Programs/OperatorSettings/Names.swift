import Perch

/// Names that people type.
package enum Names {
    /// `; did you mean …?`, or nothing.
    package static func hint(_ name: String, _ names: [String]) -> String { NearestName.hint(for: name, in: names) }
}
