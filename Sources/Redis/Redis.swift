// Stopgap with the interface of the module; replaced as a whole.
import CHiredis
import Foundation

public struct RedisConfiguration: Sendable {
    public var url: String
    public init(url: String) throws(RedisError) { self.url = url }
}
public protocol RedisArgument { func appendBytes(to buffer: inout [UInt8]) }
extension String: RedisArgument { public func appendBytes(to buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) } }
extension [UInt8]: RedisArgument { public func appendBytes(to buffer: inout [UInt8]) { buffer.append(contentsOf: self) } }
extension Int: RedisArgument { public func appendBytes(to buffer: inout [UInt8]) { String(self).appendBytes(to: &buffer) } }
public struct RedisCommand: Sendable {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    public init(_ name: StaticString, _ arguments: any RedisArgument...) {
        append(String(describing: name))
        for argument in arguments { argument.appendBytes(to: &bytes); ends.append(bytes.count) }
    }
    public mutating func append(_ argument: some RedisArgument) { argument.appendBytes(to: &bytes); ends.append(bytes.count) }
}
public struct RedisErrorPrefix: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let noGroup = Self(rawValue: "NOGROUP")
    public static let busyGroup = Self(rawValue: "BUSYGROUP")
    public static let error = Self(rawValue: "ERR")
}
public struct RedisError: Error, CustomStringConvertible {
    public enum Code: Sendable { case connectionFailed, connectionLost, timeout, reply, unexpectedReply }
    public var code: Code
    public var prefix: RedisErrorPrefix?
    public var message: String
    public var isConnectionDead: Bool { code == .connectionLost || code == .timeout || code == .connectionFailed }
    public var description: String { "\(code): \(message)" }
}
public final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    public private(set) var isDead = false
    public private(set) var outstanding = 0
    public init(_ configuration: RedisConfiguration) throws(RedisError) {
        let url = URL(string: configuration.url)!
        let timeout = timeval(tv_sec: 2, tv_usec: 0)
        guard let context = redisConnectWithTimeout(url.host ?? "127.0.0.1", Int32(url.port ?? 6379), timeout), context.pointee.err == 0 else {
            throw RedisError(code: .connectionFailed, message: "cannot connect")
        }
        self.context = context
        redisSetTimeout(context, timeval(tv_sec: 5, tv_usec: 0))
    }
    deinit { redisFree(context) }
    public func send(_ command: RedisCommand) throws(RedisError) {
        let result = command.bytes.withUnsafeBufferPointer { buffer -> Int32 in
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = []
            var lengths: [Int] = []
            for end in command.ends {
                pointers.append(buffer.baseAddress.map { UnsafeRawPointer($0 + start).assumingMemoryBound(to: CChar.self) })
                lengths.append(end - start)
                start = end
            }
            return redisAppendCommandArgv(context, Int32(lengths.count), &pointers, &lengths)
        }
        guard result == REDIS_OK else { throw dead() }
        outstanding += 1
    }
    private func dead() -> RedisError { isDead = true; return RedisError(code: .connectionLost, message: "lost") }
    public func flush() throws(RedisError) {
        var done: Int32 = 0
        while done == 0 { guard redisBufferWrite(context, &done) == REDIS_OK else { throw dead() } }
    }
    public func receive<R>(_ body: (borrowing RedisReply) throws -> R) throws -> R {
        guard !isDead else { throw dead() }
        var raw: UnsafeMutableRawPointer?
        guard redisGetReply(context, &raw) == REDIS_OK, let raw else { throw dead() }
        outstanding -= 1
        defer { freeReplyObject(raw) }
        let reply = RedisReply(pointer: raw.assumingMemoryBound(to: redisReply.self))
        if reply.kind == .error {
            let message = try reply.string()
            throw RedisError(code: .reply, prefix: RedisErrorPrefix(rawValue: String(message.split(separator: " ").first ?? "")), message: message)
        }
        return try body(reply)
    }
    public func execute<R>(_ command: RedisCommand, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        precondition(outstanding == 0)
        try send(command)
        return try receive(body)
    }
    public func execute(_ command: RedisCommand) throws { try execute(command) { _ in } }
    public func receiveOutstanding() throws {
        var first: (any Error)?
        while outstanding > 0 {
            do { try receive { _ in } } catch let error as RedisError where error.code == .reply { first = first ?? error }
        }
        if let first { throw first }
    }
}
public struct RedisReply: ~Copyable {
    public enum Kind: Sendable { case null, integer, status, string, array, error }
    let pointer: UnsafeMutablePointer<redisReply>
    public var kind: Kind {
        switch pointer.pointee.type {
        case REDIS_REPLY_INTEGER: .integer
        case REDIS_REPLY_STATUS: .status
        case REDIS_REPLY_STRING: .string
        case REDIS_REPLY_ARRAY: .array
        case REDIS_REPLY_ERROR: .error
        default: .null
        }
    }
    public func integer() throws(RedisError) -> Int64 { Int64(pointer.pointee.integer) }
    public var count: Int { Int(pointer.pointee.elements) }
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: pointer.pointee.str, count: Int(pointer.pointee.len)))
    }
    public func string() throws(RedisError) -> String { withBytes { String(decoding: $0, as: UTF8.self) } }
    public func bytes() throws(RedisError) -> [UInt8] { withBytes { Array($0) } }
    public func withElement<R>(_ index: Int, _ body: (borrowing RedisReply) throws -> R) rethrows -> R {
        try body(RedisReply(pointer: pointer.pointee.element[index]!))
    }
    public func forEach(_ body: (borrowing RedisReply) throws -> Void) rethrows {
        for index in 0..<count { try withElement(index, body) }
    }
}
