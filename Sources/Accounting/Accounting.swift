public import Foundation
public import Perch
public import ServiceKit

/// Accounting: prices tickets, charges and credits employees, keeps the ledger.
public enum Accounting {
    /// - Parameters:
    ///   - timeZone: Where a business day begins and ends (`PAYOUT_TIME_ZONE`).
    ///   - pricing: What a ticket costs and earns.
    public static func service(timeZone: TimeZone = .gmt, pricing: Pricing = .random) -> ServiceDescription {
        ServiceDescription(
            name: "accounting",
            migrations: migrations,
            consumerGroup: consumerGroup(timeZone: timeZone, pricing: pricing),
            grants: grants
        )
    }

    /// What accounting does with the topics it reads.
    public static func consumerGroup(timeZone: TimeZone = .gmt, pricing: Pricing = .random) -> ConsumerGroup {
        ConsumerGroup(
            name: "accounting",
            subscriptions: [
                Subscription(topic: "users", handlers: [OpenAccount()]),
                Subscription(topic: "tickets", batch: PostTicketEvents(timeZone: timeZone, pricing: pricing)),
            ]
        )
    }
}
