/// A test names a service that `withPerch` was not given, or gives it two of one name.
public struct ServiceNotInSystem: Error, Hashable, CustomStringConvertible {
    /// What was asked for, and what there is.
    public let description: String

    init(_ service: String, among known: [String]) {
        description = "this system has no service \(service): it has \(known.joined(separator: ", "))"
    }

    init(twice service: String) {
        description = "two services of this system are named \(service)"
    }
}
