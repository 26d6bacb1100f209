/// A type of Postgres, by its number in `pg_type`.
public struct PostgresType: Hashable, Sendable, CustomStringConvertible {
    /// The number of the type.
    public let oid: UInt32

    /// The type of this number.
    @inlinable
    public init(oid: UInt32) { self.oid = oid }

    /// The type bool.
    @inlinable public static var bool: PostgresType { PostgresType(oid: 16) }
    /// The type bytea.
    @inlinable public static var bytea: PostgresType { PostgresType(oid: 17) }
    /// The type name.
    @inlinable public static var name: PostgresType { PostgresType(oid: 19) }
    /// The type int8.
    @inlinable public static var int8: PostgresType { PostgresType(oid: 20) }
    /// The type int2.
    @inlinable public static var int2: PostgresType { PostgresType(oid: 21) }
    /// The type int4.
    @inlinable public static var int4: PostgresType { PostgresType(oid: 23) }
    /// The type text.
    @inlinable public static var text: PostgresType { PostgresType(oid: 25) }
    /// The type json.
    @inlinable public static var json: PostgresType { PostgresType(oid: 114) }
    /// The type float4.
    @inlinable public static var float4: PostgresType { PostgresType(oid: 700) }
    /// The type float8.
    @inlinable public static var float8: PostgresType { PostgresType(oid: 701) }
    /// The type varchar.
    @inlinable public static var varchar: PostgresType { PostgresType(oid: 1043) }
    /// The type date.
    @inlinable public static var date: PostgresType { PostgresType(oid: 1082) }
    /// The type timestamptz.
    @inlinable public static var timestamptz: PostgresType { PostgresType(oid: 1184) }
    /// The type numeric.
    @inlinable public static var numeric: PostgresType { PostgresType(oid: 1700) }
    /// The type uuid.
    @inlinable public static var uuid: PostgresType { PostgresType(oid: 2950) }
    /// The type jsonb.
    @inlinable public static var jsonb: PostgresType { PostgresType(oid: 3802) }

    /// The name as in SQL, or the number of a type not known here.
    public var description: String {
        if let known = Self.known[oid] { return known.name }
        if let element = Self.elements[oid], let known = Self.known[element] { return known.name + "[]" }
        return "the type with oid \(oid)"
    }

    /// The type of arrays of this one; nil where it is not known here.
    var array: PostgresType? {
        Self.known[oid]?.array.map(PostgresType.init(oid:))
    }

    /// The type of this array's elements; nil for what is no array, or not known here.
    var element: PostgresType? {
        Self.elements[oid].map(PostgresType.init(oid:))
    }

    private static let known: [UInt32: (name: String, array: UInt32?)] = [
        16: ("bool", 1000), 17: ("bytea", 1001), 18: ("\"char\"", 1002), 19: ("name", 1003), 20: ("int8", 1016),
        21: ("int2", 1005), 23: ("int4", 1007), 25: ("text", 1009), 26: ("oid", 1028), 114: ("json", 199),
        142: ("xml", 143), 700: ("float4", 1021), 701: ("float8", 1022), 790: ("money", 791),
        869: ("inet", 1041), 1042: ("bpchar", 1014), 1043: ("varchar", 1015), 1082: ("date", 1182),
        1083: ("time", 1183), 1114: ("timestamp", 1115), 1184: ("timestamptz", 1185), 1186: ("interval", 1187),
        1266: ("timetz", 1270), 1700: ("numeric", 1231), 2278: ("void", nil), 2950: ("uuid", 2951),
        3220: ("pg_lsn", 3221), 3802: ("jsonb", 3807), 5069: ("xid8", 271),
    ]

    private static let elements: [UInt32: UInt32] = Dictionary(
        known.compactMap { entry in entry.value.array.map { ($0, entry.key) } },
        uniquingKeysWith: { first, _ in first }
    )
}
