public import ServiceKit

extension Problem.Kind {
    /// The time zone skipped it, it has not begun yet, or it lies before all that accounting knows.
    static let dayNotClosable = Self("day-not-closable", .unprocessableContent, "The day cannot be closed")
    /// Accounting learns of users by events; it may take a moment.
    static let noAccount = Self("no-account", .notFound, "There is no account of this user, or not yet")
}

extension DayNotClosable: ProblemConvertible {
    /// What the client is answered.
    public var problem: Problem { Problem(.dayNotClosable, description) }
}

extension DaysAreBusy: ProblemConvertible {
    /// What the client is answered.
    public var problem: Problem { Problem(.unavailable, description, retryAfter: 5) }
}
