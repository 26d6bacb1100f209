import PageKit
import Perch
import Postgres

/// What pages make with the key that all processes of auth share.
actor PageTokens {
    private let database: Database
    private var known: SecretKeys?

    init(database: Database) { self.database = database }

    /// Makes the tokens of forms.
    func forms() async throws -> FormTokens { FormTokens(try await keys()) }

    /// Seals what a browser keeps for us.
    func seal() async throws -> CookieSeal { CookieSeal(try await keys()) }

    private func keys() async throws -> SecretKeys {
        if let known { return known }
        let keys = try await database.query("SELECT key FROM auth.page_key") { try $0.decode(0, as: [UInt8].self) }
        guard let bytes = keys.first, let key = SecretKey(bytes: bytes) else { throw NoKey() }
        let secrets = SecretKeys(key)
        known = secrets
        return secrets
    }

    /// Never so: a migration has made it.
    private struct NoKey: Error {}
}
