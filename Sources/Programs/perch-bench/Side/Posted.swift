import Foundation
import Perch
import Postgres

/// A posting to one of a thousand accounts: about 120 bytes of JSON.
struct Posted: Event {
    static let type: EventType = "posted"
    static let topic: TopicName = "postings"

    let postingID: UUID
    let account: Int
    let amount: Int
    let note: String

    init(number: Int) {
        postingID = .v7()
        account = number % 1000
        amount = number % 97 + 1
        note = "posting \(number)"
    }

    init(reading fields: borrowing EventFields) throws {
        postingID = try fields["posting_id"]
        account = try fields["account"]
        amount = try fields["amount"]
        note = try fields["note"]
    }

    func write(to fields: inout EventFieldWriter) throws {
        try fields.write("posting_id", postingID)
        try fields.write("account", account)
        try fields.write("amount", amount)
        try fields.write("note", note)
    }

    var version: Int { 1 }
    var key: String { String(account) }

    enum CodingKeys: String, CodingKey {
        case postingID = "posting_id"
        case account, amount, note
    }
}

/// Decodes the event, and that is all.
struct PostNothing: EventHandler {
    func handle(_ event: Posted, _ delivery: Delivery, in tx: borrowing Transaction) throws {}
}

/// Two statements an event: the ledger row, unique by event, and the balance.
struct PostEach: EventHandler {
    func handle(_ event: Posted, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            INSERT INTO ledger (event_id, account, amount) VALUES (\(delivery.id), \(event.account), \(event.amount))
            ON CONFLICT (event_id) DO NOTHING
            """
        )
        try tx.execute("UPDATE accounts SET balance = balance + \(event.amount) WHERE account = \(event.account)")
    }
}

/// The same for a whole batch: what was new is summed by account.
struct PostBatch: BatchHandler {
    let types = [Posted.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.decode(Posted.self)
        try tx.execute(
            """
            WITH new AS (
                INSERT INTO ledger (event_id, account, amount)
                SELECT * FROM unnest(\(batch.map(\.id)), \(events.map(\.account)), \(events.map(\.amount)))
                ON CONFLICT (event_id) DO NOTHING RETURNING account, amount
            ), sums AS (SELECT account, sum(amount)::bigint AS amount FROM new GROUP BY account ORDER BY account)
            UPDATE accounts a SET balance = a.balance + s.amount FROM sums s WHERE a.account = s.account
            """
        )
    }
}

/// The same for workers that share accounts: they are locked in their order. INSERT takes its rows as they come; UPDATE … FROM
/// takes them in any order, and two workers would deadlock.
struct PostInOrder: BatchHandler {
    let types = [Posted.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
        let events = try batch.decode(Posted.self)
        try tx.execute(
            """
            WITH new AS (
                INSERT INTO ledger (event_id, account, amount)
                SELECT * FROM unnest(\(batch.map(\.id)), \(events.map(\.account)), \(events.map(\.amount)))
                ON CONFLICT (event_id) DO NOTHING RETURNING account, amount
            )
            INSERT INTO accounts AS a (account, balance)
            SELECT account, sum(amount)::bigint FROM new GROUP BY account ORDER BY account
            ON CONFLICT (account) DO UPDATE SET balance = a.balance + excluded.balance
            """
        )
    }
}
