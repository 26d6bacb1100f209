public import Foundation
public import Logging
public import Perch
public import ServiceKit

/// The service that owns money: what tickets cost and earn, what each user's account shows, and what is paid out.
public enum Accounting {
    /// The service to the programs that run it, with days in UTC and no mails. It publishes to `ticket-money` and `wages`
    /// and reads `users`, `tickets` and its own `wages`.
    public static let service = service()

    /// The same with days of a time zone, and with mails.
    public static func service(
        timeZone: TimeZone = .gmt,
        mail: MailOutlet? = nil,
        logger: Logger = Logger(label: "popug.accounting")
    ) -> ServiceDescription {
        ServiceDescription(
            name: "accounting",
            port: 8083,
            settings: [
                DeclaredSetting(.payoutTimeZone), DeclaredSetting(.payoutTime), DeclaredSetting(.mailDirectory),
                DeclaredSetting(.mailServer), DeclaredSetting(.clientSecret(of: "accounting")),
            ],
            migrations: migrations,
            consumerGroup: consumerGroup(timeZone: timeZone, mail: mail, logger: logger),
            grants: grants(to:)
        )
    }

    /// Opens an account for each user, keeps the ledger of the tickets, and mails the wages.
    ///
    /// - Parameters:
    ///   - pricing: What tickets cost and earn.
    ///   - timeZone: Where a day begins and ends. Changing it leaves the entries that are there as they are.
    ///   - mail: Where mails of wages go; nil: there are none.
    ///   - logger: Tells of wages that have no mail because no email is known.
    public static func consumerGroup(
        pricing: Pricing = .random,
        timeZone: TimeZone = .gmt,
        mail: MailOutlet? = nil,
        logger: Logger = Logger(label: "popug.accounting")
    ) -> ConsumerGroup {
        ConsumerGroup(
            name: "accounting",
            subscriptions: [
                // Wages first: mails are written and sent while no account is locked yet.
                wages(mail, logger: logger),
                // Users before tickets: an account opened in a round is there for the tickets of the same round.
                Subscription(topic: "users", batch: OpenAccounts(), isIdempotent: true),
                Subscription(
                    topic: "tickets",
                    batch: KeepLedger(pricing: pricing, timeZone: timeZone),
                    isIdempotent: true
                ),
            ]
        )
    }

    /// Not to be replayed: a mail that was collected would be written again, and wages of before there was a server would be mailed.
    private static func wages(_ mail: MailOutlet?, logger: Logger) -> Subscription {
        switch mail {
        case nil: Subscription(topic: "wages", batch: MailWages(folder: nil, logger: logger))
        case .folder(let folder): Subscription(topic: "wages", batch: MailWages(folder: folder, logger: logger))
        case .server(let server):
            Subscription(
                topic: "wages",
                handlers: [SendWage(server: server, logger: logger)],
                retryPolicy: SendWage.retryPolicy,
                limit: SendWage.limit
            )
        }
    }
}
