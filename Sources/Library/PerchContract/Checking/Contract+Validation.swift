extension Contract {
    /// Checks the data of one event against its version. Concurrent calls are fine.
    ///
    /// Strict in what is known: the JSON must mean the same to every reader (no duplicate keys, no lone surrogates, no
    /// numbers beyond a double), an integer is written as one (`12.0` is none), `null` is no value. Lenient in what is
    /// not: fields that are not declared are allowed, and a version newer than known is checked as the newest known. So a
    /// consumer reads; a publisher may send declared versions only, which `Transaction.publish` and the relay see to.
    ///
    /// - Parameter json: the `data` of the event, in UTF-8.
    /// - Returns: everything that is wrong; empty if the event is as declared.
    public func validate(_ json: [UInt8], type: EventType, version: Int) -> [Violation] {
        guard let event = event(type) else {
            let types = topics.flatMap(\.events).map(\.type.rawValue)
            let hint = NearestName.hint(for: type.rawValue, in: types)
            return [Violation(expected: "a declared event type", got: "`\(type)`\(hint)")]
        }
        guard let version = event.version(version) else {
            return [Violation(expected: "version 1 or newer", got: "\(version)")]
        }
        return VersionChecks(version, key: "").violations(data: json)
    }
}
