public import ServiceKit

/// The service that owns users: who they are, what they may do, how they prove it.
public enum Auth {
    /// The service to the programs that run it. It publishes to `users` and reads nothing.
    public static let service = ServiceDescription(
        name: "auth",
        port: 8081,
        settings: [DeclaredSetting(.passwordCost), DeclaredSetting(.authClients)],
        migrations: migrations,
        grants: grants(to:)
    )
}
