public import Foundation
public import HTTPKit
public import Logging
import Perch
public import Postgres
public import Redis

private let expectedRedisURL =
    "redis://[user[:password]@]host[:port][/db], the same with rediss://, redis+sentinel://host,host/master, or unix:///path"

extension Setting where Value == RedisConfiguration {
    /// `REDIS_URL`: the Redis that carries the events.
    public static var redisURL: Setting {
        Setting(
            "REDIS_URL",
            expects: expectedRedisURL,
            isSecret: true
        ) {
            try RedisConfiguration(url: $0)
        }
    }
}

extension Setting where Value == RedisConfiguration {
    /// `RELAY_REDIS_URL`: the same Redis as the user that may append. Without it the relay uses `REDIS_URL`.
    public static var relayRedisURL: Setting {
        Setting(
            "RELAY_REDIS_URL",
            expects: expectedRedisURL,
            isSecret: true
        ) {
            try RedisConfiguration(url: $0)
        }
    }
}

extension Setting where Value == String {
    /// `REDIS_NAMESPACE`: put in front of each key, for a Redis that is shared. Default: empty, no prefix.
    public static var redisNamespace: Setting {
        Setting("REDIS_NAMESPACE", expects: "a text without blanks", default: "") { text in
            guard !text.contains(where: \.isWhitespace) else { throw NotAValue() }
            return text
        }
    }

    /// `HTTP_HOST`: the address that services listen on for HTTP. Default: 127.0.0.1, this machine only.
    public static var httpHost: Setting {
        Setting("HTTP_HOST", expects: "an address, such as 0.0.0.0", default: "127.0.0.1") { text in
            guard !text.contains(where: \.isWhitespace) else { throw NotAValue() }
            return text
        }
    }

    /// `STREAMS_DIR`: the folder of the contract. Without it the contract is looked for (`Contract.load`).
    public static var streamsDirectory: Setting { .text("STREAMS_DIR", expects: "a folder") }
}

extension Setting where Value == PostgresConfiguration {
    /// `AUTH_DATABASE_URL`, and the other services' likewise: the database as the service's own role.
    public static func databaseURL(of service: String) -> Setting {
        database(SettingName(rawValue: "\(service.uppercased())_DATABASE_URL"))
    }

    /// `AUTH_DATABASE_OWNER_URL`, and the other services' likewise: the same database as the role that owns the schema, for
    /// migrations. Without it the service's own role runs them.
    public static func databaseOwnerURL(of service: String) -> Setting {
        database(SettingName(rawValue: "\(service.uppercased())_DATABASE_OWNER_URL"))
    }

    private static func database(_ name: SettingName) -> Setting {
        let expectation = "postgresql://[user[:password]@][host][:port][/database][?parameter=value]"
        return Setting(name, expects: expectation, isSecret: true) { try PostgresConfiguration(url: $0) }
    }
}

extension Setting where Value == Logger.Level {
    /// `LOG_LEVEL`: what is less important is not logged. Default: info.
    public static var logLevel: Setting { .choice("LOG_LEVEL", default: .info) }
}

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line, for programs.
    case json
}

extension Setting where Value == LogFormat {
    /// `LOG_FORMAT`: `text` or `json`. Without it text where standard error is a terminal, else JSON.
    public static var logFormat: Setting { .choice("LOG_FORMAT") }
}

extension Setting where Value == Duration {
    /// `LEASE_SECONDS`: how long a partition stays with a worker process that shows no life. Longer survives longer
    /// freezes, shorter moves the partitions of a killed process sooner. Default: 5.
    public static var lease: Setting {
        Setting("LEASE_SECONDS", expects: "a whole number of seconds from 2 to 3600", default: .seconds(5)) { text in
            guard let seconds = Int(text), (2...3600).contains(seconds) else { throw NotAValue() }
            return .seconds(seconds)
        }
    }
}

extension Setting where Value == Int {
    /// `BATCH_SIZE`: the most events in one transaction of a worker. Default: 500.
    public static var batchSize: Setting { .number("BATCH_SIZE", in: 1...10_000, default: 500) }

    /// `HTTP_CONNECTIONS`: the most connections that a process has open for HTTP at a time; further ones wait. Fewer where the
    /// limit of descriptors is low. Default: 4096.
    public static var httpConnections: Setting { .number("HTTP_CONNECTIONS", in: 1...1_000_000, default: 4096) }

    /// `AUTH_PORT`, and the other services' likewise: where it listens for HTTP.
    public static func port(of service: String, default standard: Int? = nil) -> Setting {
        let name = SettingName(rawValue: "\(service.uppercased())_PORT")
        return Setting(name, expects: "a port: a whole number from 1 to 65535", default: standard) { text in
            guard let number = Int(text), (1...65535).contains(number) else { throw NotAValue() }
            return number
        }
    }
}

extension Setting where Value == Issuer {
    /// `AUTH_ISSUER_URL`: where the other services and browsers reach auth; access tokens name it. Tokens issued under
    /// another one are refused. It has no path: auth's pages and cookies are of a host. Default: http://127.0.0.1:8081.
    public static var issuer: Setting {
        Setting("AUTH_ISSUER_URL", expects: "http://host[:port] or https://…, without a path", default: .local) {
            text in
            guard let issuer = Issuer(text), URLComponents(string: issuer.description)?.path == "" else {
                throw NotAValue()
            }
            return issuer
        }
    }
}

extension Setting where Value == Issuer {
    /// `AUTH_INTERNAL_URL`: where the other services themselves reach auth, inside a network of one's own. Without it they reach it as
    /// browsers do, at `AUTH_ISSUER_URL`.
    public static var issuerInternally: Setting {
        Setting("AUTH_INTERNAL_URL", expects: "http://host[:port] or https://…") { text in
            guard let issuer = Issuer(text) else { throw NotAValue() }
            return issuer
        }
    }
}

extension Setting where Value == TimeZone {
    /// `PAYOUT_TIME_ZONE`: where a day begins and ends. Default: UTC.
    public static var payoutTimeZone: Setting {
        Setting("PAYOUT_TIME_ZONE", expects: "a time zone such as Europe/Berlin", default: .gmt) { text in
            if text == "UTC" { return .gmt }
            // `GMT+2` is east of Greenwich to Foundation and west of it to Postgres.
            let isOffset = text.contains { "+-".contains($0) } && !text.contains("/")
            guard !isOffset, let zone = TimeZone(identifier: text) else { throw NotAValue() }
            return zone
        }
    }
}
