/// Runs the body with a private Redis and a private Postgres, both started, on free ports and in temporary folders.
///
/// Both are ended and their folders removed afterwards, also when the body throws.
/// Starting takes about two seconds, during which the calling thread is blocked.
/// - Throws: `LocalServerError` when a server cannot be started; what the body throws.
public func withLocalServers<R>(
    _ body: (LocalRedis, LocalPostgres) async throws -> R
) async throws -> R {
    try await withLocalRedis { redis in
        try await withLocalPostgres { postgres in
            try await body(redis, postgres)
        }
    }
}

/// Runs the body with a private, started Redis; it is ended and its folder removed afterwards.
/// - Parameters:
///   - password: what `AUTH` expects; default: none.
///   - tls: default: no port with TLS.
///   - settings: more lines of `redis.conf`.
/// - Throws: `LocalServerError` when it cannot be started; what the body throws.
public func withLocalRedis<R>(
    password: String? = nil,
    tls: LocalTLS? = nil,
    settings: [String: String] = [:],
    _ body: (LocalRedis) async throws -> R
) async throws -> R {
    let redis = try LocalRedis(password: password, tls: tls, settings: settings)
    defer { redis.kill() }
    try redis.start()
    return try await body(redis)
}

/// Runs the body with a private, started Postgres; it is ended and its folder removed afterwards.
/// - Parameters:
///   - authentication: default: everybody on this machine is trusted.
///   - fsync: default: off, for tests.
///   - settings: more settings of `postgresql.conf`.
/// - Throws: `LocalServerError` when it cannot be started; what the body throws.
public func withLocalPostgres<R>(
    authentication: LocalPostgres.Authentication = .trust,
    fsync: Bool = false,
    settings: [String: String] = [:],
    _ body: (LocalPostgres) async throws -> R
) async throws -> R {
    let postgres = try LocalPostgres(authentication: authentication, fsync: fsync, settings: settings)
    defer { postgres.kill() }
    try postgres.start()
    return try await body(postgres)
}
