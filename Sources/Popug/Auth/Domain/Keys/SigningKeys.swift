import HTTPKit
import OpenSSL
import Logging
import Postgres
import ServiceKit

/// The keys of auth, which live in its database: they are made, changed and forgotten when their time has come, by whichever
/// process first asks for one then.
actor SigningKeys {
    private let database: Database
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private var known: [SigningKey] = []
    private var loadedAt: Timestamp?
    private var loading: Task<[SigningKey], any Error>?

    init(database: Database, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.database = database
        self.logger = logger
        self.now = now
    }

    /// The key that signs now.
    func signer() async throws -> SigningKey {
        let keys = try await current()
        guard let times = KeySchedule(keys.map(\.times)).signer(at: now()),
            let key = keys.first(where: { $0.id == times.id })
        else { throw NoKey() }
        return key
    }

    /// The keys that verify what was signed and not yet expired, and what will be signed soon.
    func published() async throws -> JSONWebKeySet {
        let keys = try await current()
        let ids = KeySchedule(keys.map(\.times)).published(at: now()).map(\.id)
        return JSONWebKeySet(keys: keys.filter { ids.contains($0.id) }.map(\.published))
    }

    private func current() async throws -> [SigningKey] {
        if let loadedAt, (.zero..<KeySchedule.reload).contains(now() - loadedAt) { return known }
        if let loading { return try await loading.value }
        let started = Task { try await load() }
        loading = started
        return try await started.value
    }

    private func load() async throws -> [SigningKey] {
        defer { loading = nil }
        let now = now()
        var keys = try await database.transaction { tx in try Self.stored(tx) }
        let schedule = KeySchedule(keys.map(\.times))
        if schedule.nextKey(at: now) != nil || !schedule.expired(at: now).isEmpty {
            let before = Set(keys.map(\.id))
            keys = try await database.transaction { tx in try Self.change(at: now, in: tx) }
            let after = Set(keys.map(\.id))
            logger.notice(
                "signing keys changed",
                metadata: [
                    "made": "\(after.subtracting(before).sorted())",
                    "forgotten": "\(before.subtracting(after).sorted())",
                ]
            )
        }
        known = keys
        loadedAt = now
        return keys
    }

    private static func change(at now: Timestamp, in tx: borrowing Transaction) throws -> [SigningKey] {
        // One process at a time; whoever waited here finds what the other has done.
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('auth.signing_keys', 0))")
        var keys = try stored(tx)
        let schedule = KeySchedule(keys.map(\.times))
        let expired = schedule.expired(at: now).map(\.id)
        try tx.execute("DELETE FROM auth.signing_keys WHERE key_id = ANY(\(expired))")
        keys.removeAll { expired.contains($0.id) }
        if let signsFrom = schedule.nextKey(at: now) {
            let key = try SigningKey(publishedFrom: now, signsFrom: signsFrom)
            try tx.execute(
                """
                INSERT INTO auth.signing_keys (key_id, private_key, published_from, signs_from)
                VALUES (\(key.id), \(key.privateKey.bytes), \(now), \(signsFrom))
                """
            )
            keys.append(key)
        }
        return keys
    }

    private static func stored(_ tx: borrowing Transaction) throws -> [SigningKey] {
        try tx.query("SELECT key_id, published_from, signs_from, private_key FROM auth.signing_keys") { row in
            let times = KeySchedule.Key(
                id: try row.decode(0),
                publishedFrom: try row.decode(1),
                signsFrom: try row.decode(2)
            )
            return try SigningKey(times: times, privateKey: try row.decode(3))
        }
    }

    /// Never so: a key is made where there is none.
    private struct NoKey: Error {}
}
