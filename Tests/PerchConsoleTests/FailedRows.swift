import HTTPTesting
import Foundation
import Perch
import PerchOperating
import PerchTesting
import Postgres

extension ConsoleSystem {
    /// Lets so many events of a group have failed: rows as its workers write them, each of a key of its own. No worker has to run.
    ///
    /// - Parameters:
    ///   - numbers: Their positions; `order-NUMBER` is the key.
    ///   - key: One for all of them.
    ///   - data: Default: what the contract says.
    /// - Returns: Their ids, in this order.
    @discardableResult
    func fail(
        _ numbers: ClosedRange<Int>,
        of group: GroupName = "shipping",
        _ state: FailedEvent.State = .dead,
        error: String = "no stock: 50% left",
        key: String? = nil,
        data: String? = nil
    ) async throws -> [FailedEvent.ID] {
        try await database.transaction { tx in
            try tx.query(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state,
                    error, attempts, failed_at, next_attempt_at)
                SELECT \(group), 'orders', CASE WHEN \(key)::text IS NULL THEN i % 4 ELSE 0 END, i, '1-' || i,
                    gen_random_uuid(), 'order_counted', 1,
                    coalesce(\(key)::text, 'order-' || i), now(), convert_to(coalesce(\(data)::text,
                    '{"order":"' || coalesce(\(key)::text, 'order-' || i) || '","count":' || i || '}'), 'UTF8'),
                    \(state.rawValue), \(error), 3, clock_timestamp(),
                    CASE WHEN \(state.rawValue)::text = 'failed' THEN clock_timestamp() + interval '1 hour' END
                FROM generate_series(\(Int32(numbers.lowerBound)), \(Int32(numbers.upperBound))) AS i RETURNING id
                """
            ) { try $0.decode("id", as: Int64.self) }
        }
    }

    func failed(of group: GroupName = "shipping") -> FailedEvents { FailedEvents(database, of: group) }

    /// How many of a group are due now.
    func due(of group: GroupName = "shipping") async throws -> Int {
        try await count(
            """
            SELECT count(*) AS n FROM perch.failed_events
            WHERE group_name = \(group) AND state = 'failed' AND next_attempt_at <= clock_timestamp()
            """
        )
    }

    /// Lets whoever updates a failed event wait as long as the body runs.
    func holding(_ id: FailedEvent.ID, _ body: () async throws -> Void) async throws {
        try await database.transaction { tx in
            try tx.execute("CREATE TABLE public.kept (id bigint)")
            try tx.execute(
                """
                CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    WHILE EXISTS (SELECT FROM public.kept k WHERE k.id = OLD.id) LOOP PERFORM pg_sleep(0.01); END LOOP;
                    RETURN NEW;
                END $$
                """
            )
            try tx.execute(
                """
                CREATE TRIGGER wait BEFORE UPDATE ON perch.failed_events FOR EACH ROW EXECUTE FUNCTION public.wait()
                """
            )
            try tx.execute("INSERT INTO public.kept VALUES (\(id))")
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await database.execute("DELETE FROM public.kept")
        try result.get()
    }

    /// How many rows a question has.
    func count(_ question: SQL) async throws -> Int {
        try await database.query(question) { try $0.decode("n", as: Int.self) }.first ?? -1
    }

    /// How many records say that they are a part of this operation.
    func records(of operation: String) async throws -> Int {
        try await count(
            "SELECT count(*) AS n FROM perch.operations WHERE details->>'operation' = \(operation.lowercased())"
        )
    }

    /// Waits until an operation is over, and gives its page.
    func ended(_ answer: RawAnswer) async throws -> RawAnswer {
        guard answer.status == 303, let path = answer.header("Location") else { throw NotTaken(answer: answer.said) }
        var page = answer
        try await eventually("the operation has ended") {
            page = try await client.get(path)
            return page.said.contains(" Ended ")
        }
        return page
    }

    struct NotTaken: Error {
        let answer: String
    }
}
