/// A command and its arguments, as the bytes that are sent. Arguments are never parsed: any byte is safe in them.
public struct RedisCommand: Sendable {
    /// The command's name, as errors show it.
    public let name: StaticString
    /// How many arguments there are, the words of the name included.
    public private(set) var argumentCount = 0
    /// The arguments, each behind its length: `$5\r\nhello\r\n`. Their number goes before them when the command is sent.
    private(set) var bytes: [UInt8] = []

    /// A command with its first arguments; more can be appended.
    /// - Parameter name: as in Redis' documentation: `"XADD"`, `"XGROUP CREATE"`.
    public init(_ name: StaticString, _ arguments: any RedisArgument...) {
        self.name = name
        bytes.reserveCapacity(128)
        name.withUTF8Buffer { text in
            for word in text.split(separator: UInt8(ascii: " ")) {
                append { $0.append(contentsOf: UnsafeBufferPointer(rebasing: word)) }
            }
        }
        precondition(argumentCount > 0, "a command needs a name")
        for argument in arguments { append(argument) }
    }

    /// Makes room for arguments, lengths and line ends included, so that many are added without a further allocation.
    public mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    /// Adds an argument.
    public mutating func append(_ argument: some RedisArgument) {
        append { argument.write(to: &$0) }
    }

    /// Adds bytes as an argument. They are copied.
    public mutating func append(_ argument: UnsafeRawBufferPointer) {
        let count = argument.count
        guard count < 100 else { return append { $0.append(contentsOf: argument) } }
        // Its length is known before, and mostly it is short: with its frame it goes in one piece.
        let (tens, ones) = (UInt8(truncatingIfNeeded: count / 10), UInt8(truncatingIfNeeded: count % 10))
        withUnsafeTemporaryAllocation(byteCount: count + 7, alignment: 1) { frame in
            frame[0] = UInt8(ascii: "$")
            frame[1] = UInt8(ascii: "0") + tens
            let start = tens > 0 ? 5 : 4
            frame[start - 3] = UInt8(ascii: "0") + ones
            frame[start - 2] = UInt8(ascii: "\r")
            frame[start - 1] = UInt8(ascii: "\n")
            UnsafeMutableRawBufferPointer(rebasing: frame[start...]).copyMemory(from: argument)
            frame[start + count] = UInt8(ascii: "\r")
            frame[start + count + 1] = UInt8(ascii: "\n")
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: frame[..<(start + count + 2)]))
        }
        argumentCount += 1
    }

    private mutating func append(_ write: (inout RedisArgumentBytes) -> Void) {
        let start = bytes.count
        // Most arguments have a length of two digits; the others are moved.
        bytes.append(UInt8(ascii: "$"))
        bytes.append(0)
        bytes.append(0)
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
        // Moved out and in again, not copied.
        var writer = RedisArgumentBytes(bytes: [])
        swap(&writer.bytes, &bytes)
        write(&writer)
        swap(&writer.bytes, &bytes)
        writeLength(bytes.count - start - 5, at: start + 1)
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
        argumentCount += 1
    }

    /// Into the room for two digits that is before the argument.
    private mutating func writeLength(_ length: Int, at place: Int) {
        var end = place + 2
        if length < 10 {
            bytes.remove(at: place)
            end = place + 1
        } else if length >= 100 {
            let more = length.digitCount - 2
            bytes.insert(contentsOf: repeatElement(0, count: more), at: place)
            end = place + 2 + more
        }
        var rest = length
        repeat {
            end -= 1
            bytes[end] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
    }
}

extension Int {
    /// Of a number that is not negative.
    fileprivate var digitCount: Int {
        var count = 1
        var rest = self / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}

extension RedisCommand {
    /// As it is sent: the number of arguments, and each behind its length.
    package var encoded: [UInt8] {
        Array("*\(argumentCount)\r\n".utf8) + bytes
    }

    /// The arguments in their order, the words of the name included: as a server takes them apart.
    package var arguments: [[UInt8]] {
        bytes.withUnsafeBytes { Self.arguments(of: $0) }
    }

    /// The arguments of one command after another, each behind the number of its arguments.
    package static func commands(of encoded: UnsafeRawBufferPointer) -> [[[UInt8]]] {
        var commands: [[[UInt8]]] = []
        var rest = encoded[...]
        while rest.first == UInt8(ascii: "*") {
            guard let count = length(&rest) else { break }
            commands.append((0..<count).compactMap { _ in argument(&rest) })
        }
        return commands
    }

    private static func arguments(of bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        var arguments: [[UInt8]] = []
        var rest = bytes[...]
        while let argument = argument(&rest) { arguments.append(argument) }
        return arguments
    }

    private static func argument(_ rest: inout Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard rest.first == UInt8(ascii: "$"), let count = length(&rest), rest.count >= count + 2 else { return nil }
        defer { rest = rest.dropFirst(count + 2) }
        return Array(rest.prefix(count))
    }

    /// The number between a sign and a line's end.
    private static func length(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\r")) else { return nil }
        defer { rest = rest[end...].dropFirst(2) }
        return Int(String(decoding: rest[..<end].dropFirst(), as: UTF8.self))
    }
}
