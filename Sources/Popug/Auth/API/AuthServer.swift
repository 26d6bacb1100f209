public import ServiceKit

/// What a process of auth serves, and what has to run beside it.
public struct AuthServer: Sendable {
    /// The API, with the pages.
    public let api: API
    /// Tells programs of logins that have ended. Without it, in this process or another of auth, nobody is told.
    public let keeper: LoginKeeper
}
