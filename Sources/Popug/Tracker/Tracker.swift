public import Perch
public import ServiceKit

/// The service that owns tickets: who creates, has and closes them.
public enum Tracker {
    /// The service to the programs that run it. It publishes to `tickets` and reads `users`.
    public static let service = ServiceDescription(
        name: "tracker",
        port: 8082,
        settings: [DeclaredSetting(.clientSecret(of: "tracker"))],
        migrations: migrations,
        consumerGroup: consumerGroup,
        grants: grants(to:)
    )

    /// Learns of users.
    public static let consumerGroup = ConsumerGroup(
        name: "tracker",
        subscriptions: [Subscription(topic: "users", batch: LearnOfUsers(), isIdempotent: true)]
    )
}
