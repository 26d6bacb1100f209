import FoundationEssentials
import Postgres

/// Events of one topic as columns for the outbox, row by row in one pass.
struct OutboxColumns {
    private(set) var checksums: [Int64] = []
    private(set) var ids: [UUID] = []
    private(set) var versions: [Int32] = []
    private(set) var keys: [String] = []
    private(set) var times: [Timestamp] = []
    private(set) var traceparents: [String?] = []
    private(set) var data: JSONColumn
    /// The contract was looked at for each; else the relay has to look before it gives them positions.
    private(set) var areChecked = true
    private let encoder = EventEncoder()
    private let checks: ContractChecks?
    /// Of the event before: mostly they are of one version.
    private var declared: (version: Int32, checks: VersionChecks?)?

    init(capacity: Int, checks: ContractChecks?) {
        self.checks = checks
        data = JSONColumn(capacity: capacity)
        checksums.reserveCapacity(capacity)
        ids.reserveCapacity(capacity)
        versions.reserveCapacity(capacity)
        keys.reserveCapacity(capacity)
        times.reserveCapacity(capacity)
        traceparents.reserveCapacity(capacity)
    }

    /// - Throws: `UndeclaredEvent`, `EncodingError`.
    mutating func append<E: Event>(_ event: E, id: UUID, time: Timestamp, traceparent: String?) throws {
        let key = event.key
        let version = try event.columnVersion
        let declared = try checks(of: version, of: E.self)
        if declared == nil { areChecked = false }
        checksums.append(Int64(CRC32.checksum(key)))
        ids.append(id)
        versions.append(version)
        keys.append(key)
        times.append(time)
        traceparents.append(traceparent)
        try data.append { try encoder.append(event, key: key, to: &$0, as: declared) }
    }

    private mutating func checks<E: Event>(of version: Int32, of event: E.Type) throws -> VersionChecks? {
        if let declared, declared.version == version { return declared.checks }
        let found = try checks?.version(Int(version), of: E.type, in: E.topic)
        declared = (version, found)
        return found
    }
}

/// One JSON text, as bytes that need not become a string.
struct JSONBytes: PostgresEncodable {
    static let postgresType = PostgresType.json
    let bytes: [UInt8]

    func encode(into buffer: inout PostgresBuffer) { buffer.append(contentsOf: bytes) }
}

/// An array of JSON texts, each written where it is sent from.
struct JSONColumn: PostgresEncodable {
    static let postgresType = PostgresType(oid: 199)
    private var count: Int32 = 0
    /// Each text behind its length.
    private var elements: [UInt8] = []

    init(capacity: Int) { elements.reserveCapacity(capacity * 128) }

    mutating func append(_ write: (inout [UInt8]) throws -> Void) throws {
        let start = elements.count
        elements.append(contentsOf: [0, 0, 0, 0])
        try write(&elements)
        let length = UInt32(elements.count - start - 4)
        for index in 0..<4 { elements[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
        count += 1
    }

    /// <https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES>: dimensions, whether there are
    /// NULLs, the elements' type; then how many there are and the first one's index.
    func encode(into buffer: inout PostgresBuffer) {
        buffer.append(Int32(count == 0 ? 0 : 1))
        buffer.append(Int32(0))
        buffer.append(PostgresType.json.oid)
        guard count > 0 else { return }
        buffer.append(count)
        buffer.append(Int32(1))
        buffer.append(contentsOf: elements)
    }
}
