public import Foundation
public import Perch
public import ServiceKit

/// The service that tells admins how business goes: a read model of everybody else's events.
public enum Analytics {
    /// The service to the programs that run it. It publishes nothing and reads all topics.
    ///
    /// - Parameter timeZone: Where a day begins and ends. What is counted is counted by day: after a change the handlers
    ///   refuse to go on until the read model is built anew (`popug analytics rebuild`).
    public static func service(timeZone: TimeZone = .gmt) -> ServiceDescription {
        ServiceDescription(
            name: "analytics",
            port: 8084,
            settings: [DeclaredSetting(.payoutTimeZone), DeclaredSetting(.clientSecret(of: "analytics"))],
            migrations: migrations,
            consumerGroup: consumerGroup(timeZone: timeZone),
            grants: grants(to:)
        )
    }

    /// Builds the read model. It can be emptied and built anew from the first event on.
    public static func consumerGroup(timeZone: TimeZone = .gmt) -> ConsumerGroup {
        let model = ReadModel(timeZone: timeZone)
        return ConsumerGroup(
            name: ReadModel.group,
            // In this order most of a replay finds what it needs: users and prices are there before what refers to them.
            subscriptions: [
                Subscription(topic: "users", batch: LearnOfUsers(model: model), isIdempotent: true),
                Subscription(topic: "ticket-money", batch: LearnPrices(model: model), isIdempotent: true),
                Subscription(topic: "tickets", batch: FollowTickets(model: model), isIdempotent: true),
                Subscription(topic: "wages", batch: CountWages(model: model), isIdempotent: true),
            ],
            reset: { tx in try model.empty(in: tx) }
        )
    }
}
