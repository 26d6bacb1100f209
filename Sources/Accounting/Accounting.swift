public import Foundation
public import Perch
public import ServiceKit

/// The service that owns money: what tickets cost and earn, and what each user's account shows.
public enum Accounting {
    /// The service to the programs that run it, with days in UTC. It publishes to `ticket-money` and `wages` and reads
    /// `users` and `tickets`.
    public static let service = service()

    /// The same with days of a time zone.
    public static func service(timeZone: TimeZone = .gmt) -> ServiceDescription {
        ServiceDescription(
            name: "accounting",
            migrations: migrations,
            consumerGroup: consumerGroup(timeZone: timeZone),
            grants: grants(to:)
        )
    }

    /// Opens an account for each user and keeps the ledger of the tickets.
    ///
    /// - Parameters:
    ///   - pricing: What tickets cost and earn.
    ///   - timeZone: Where a day begins and ends. Changing it leaves the entries that are there as they are.
    public static func consumerGroup(pricing: Pricing = .random, timeZone: TimeZone = .gmt) -> ConsumerGroup {
        ConsumerGroup(
            name: "accounting",
            // Users first: an account opened in a round is there for the tickets of the same round.
            subscriptions: [
                Subscription(topic: "users", batch: OpenAccounts()),
                Subscription(topic: "tickets", batch: KeepLedger(pricing: pricing, timeZone: timeZone)),
            ]
        )
    }
}
