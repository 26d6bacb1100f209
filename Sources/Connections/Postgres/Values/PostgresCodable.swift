/// A value that can be bound, read, and held by arrays.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable & PostgresArrayElement
