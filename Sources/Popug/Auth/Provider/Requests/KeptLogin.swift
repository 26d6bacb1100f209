import Foundation

/// A login that has been asked for, and waits for the person.
struct KeptLogin: Sendable {
    /// What the login is for.
    enum Goal: Sendable, Hashable {
        case client(AuthorizationRequest)
        /// A page of auth itself.
        case page(path: String)
    }

    /// It stands in the form.
    let id: UUID
    let goal: Goal
}
