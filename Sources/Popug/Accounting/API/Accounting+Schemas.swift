import PopugEvents
import ServiceKit

extension AccountStatement {
    static let schema = Schema.object(
        "AccountStatement",
        [.required("user_id", .id), .required("balance", .cents), .required("earned_today", .cents)]
    )
}

extension Account {
    static let schema = Schema.object(
        "Account",
        [
            .required("user_id", .id), .required("name", .string()), .required("role", .oneOf(Role.self)),
            .required("balance", .cents),
        ]
    )
}

extension LedgerEntry {
    static let schema = Schema.object(
        "LedgerEntry",
        [
            .required("entry_id", .integer()), .required("kind", .oneOf(EntryKind.self)),
            .optional("ticket_id", .id, "Left out for a wage."), .optional("title", .string(), "The ticket's."),
            .required("amount", .cents, "Cents that the account gained; a loss is negative."),
            .required("balance_after", .cents), .required("at", .time, "When it happened."),
        ]
    )
}

extension DayEarnings {
    static let schema = Schema.object(
        "DayEarnings",
        [
            .required("day", .day), .required("commissions", .cents), .required("rewards", .cents),
            .required("earned", .cents, "Commissions less rewards."),
        ]
    )
}

extension ClosedDay {
    static let schema = Schema.object(
        "ClosedDay",
        [
            .required("day", .day), .required("paid", .integer(in: 0 ... .max), "How many accounts were paid."),
            .required("total", .integer(in: 0 ... .max), "Cents they were paid in all."),
        ]
    )
}
