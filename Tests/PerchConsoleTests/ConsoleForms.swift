import HTTPTesting
import Foundation
import Perch
import Postgres

extension ConsoleClient {
    func send(_ form: ShownForm, cookie: String) async throws -> RawAnswer {
        try await post(form.action, form.fields, cookie: cookie)
    }
}

extension ConsoleSystem {
    func number(_ sql: SQL) async throws -> Int {
        try await database.query(sql) { try $0.decodeIfPresent("n", as: Int.self) ?? 0 }.first ?? 0
    }

    /// How often operators have done something.
    func records(_ action: String) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.operations WHERE action = \(action)")
    }

    /// Up to where the group has come, over all partitions.
    func effects(_ group: String = "shipping") async throws -> Int {
        try await number("SELECT sum(position)::int AS n FROM perch.checkpoints WHERE group_name = \(group)")
    }
}
