import PageKit
import Perch
import Postgres

/// Makes the tokens of forms with the key that all processes of auth share.
actor PageTokens {
    private let database: Database
    private var known: FormTokens?

    init(database: Database) { self.database = database }

    func forms() async throws -> FormTokens {
        if let known { return known }
        let keys = try await database.query("SELECT key FROM auth.page_key") { try $0.decode(0, as: [UInt8].self) }
        guard let bytes = keys.first, let key = SecretKey(bytes: bytes) else { throw NoKey() }
        let tokens = FormTokens(SecretKeys(key))
        known = tokens
        return tokens
    }

    /// Never so: a migration has made it.
    private struct NoKey: Error {}
}
