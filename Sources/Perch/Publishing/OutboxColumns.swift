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
    private let encoder = EventEncoder()
    private let readable = ReadableData()

    init(capacity: Int) {
        data = JSONColumn(capacity: capacity)
        checksums.reserveCapacity(capacity)
        ids.reserveCapacity(capacity)
        versions.reserveCapacity(capacity)
        keys.reserveCapacity(capacity)
        times.reserveCapacity(capacity)
        traceparents.reserveCapacity(capacity)
    }

    mutating func append(_ event: some Event, id: UUID, time: Timestamp, traceparent: String?) throws {
        let key = event.key
        checksums.append(Int64(CRC32.checksum(key)))
        ids.append(id)
        versions.append(Int32(clamping: event.version))
        keys.append(key)
        times.append(time)
        traceparents.append(traceparent)
        try data.append { json in
            let start = json.count
            try encoder.append(event, to: &json)
            try json.withUnsafeBytes { try readable.require(.init(rebasing: $0[start...]), of: event) }
        }
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
