/// For whom a password is hashed: the line of those who wait is shared evenly by these.
public struct PasswordClient: Sendable, Hashable {
    /// Where the request comes from.
    let address: String
    /// The account that it is about.
    let account: String
    /// The account has logged in from the address before, or a token tells who it is.
    let isKnown: Bool

    /// Whoever runs a command: nobody else waits in that process.
    public static let local = PasswordClient(address: "", account: "", isKnown: true)
}
