import Perch

/// The contract of the systems on the stage: two topics, three groups.
enum StageContract {
    static let contract = Contract(topics: [
        topic("invoices", owner: "billing", key: "invoice", groups: ["mailing"], event: "invoice_written"),
        topic(
            "orders",
            owner: "shop",
            key: "order",
            groups: ["billing", "mailing", "shipping"],
            event: "order_placed"
        ),
    ])

    static let services = ["shop", "billing", "mailing", "shipping"]

    private static func topic(
        _ name: TopicName,
        owner: String,
        key: String,
        groups: [GroupName],
        event: EventType
    ) -> TopicContract {
        TopicContract(
            name: name,
            description: "What customers ask for.",
            owner: owner,
            key: key,
            partitions: 4,
            groups: groups,
            events: [
                EventContract(
                    type: event,
                    versions: [
                        EventVersion(
                            number: 1,
                            fields: [
                                Field(name: key, type: .string), Field(name: "customer", type: .string),
                                Field(name: "amount", type: .integer, minimum: 0),
                            ]
                        )
                    ]
                )
            ]
        )
    }
}

struct OrderPlaced: Event {
    static let type: EventType = "order_placed"
    static let topic: TopicName = "orders"
    let order: String
    let customer: String
    let amount: Int
    var version: Int { 1 }
    var key: String { order }
}

struct InvoiceWritten: Event {
    static let type: EventType = "invoice_written"
    static let topic: TopicName = "invoices"
    let invoice: String
    let customer: String
    let amount: Int
    var version: Int { 1 }
    var key: String { invoice }
}
