/// A command and its arguments, as bytes in one buffer. Arguments are never parsed: any byte is safe in them.
public struct RedisCommand: Sendable {
    /// The command's name, as errors show it.
    public let name: StaticString
    private(set) var bytes: [UInt8] = []
    /// Where each argument ends in `bytes`; the name's words are the first.
    private(set) var ends: [Int] = []

    /// A command with its first arguments; more can be appended.
    /// - Parameter name: as in Redis' documentation: `"XADD"`, `"XGROUP CREATE"`.
    public init(_ name: StaticString, _ arguments: any RedisArgument...) {
        self.name = name
        bytes.reserveCapacity(64)
        name.withUTF8Buffer { text in
            for word in text.split(separator: UInt8(ascii: " ")) {
                bytes.append(contentsOf: word)
                ends.append(bytes.count)
            }
        }
        precondition(!ends.isEmpty, "a command needs a name")
        for argument in arguments { append(argument) }
    }

    /// Adds an argument.
    public mutating func append(_ argument: some RedisArgument) {
        // Moved out and in again, not copied.
        var writer = RedisArgumentBytes(bytes: [])
        swap(&writer.bytes, &bytes)
        argument.write(to: &writer)
        swap(&writer.bytes, &bytes)
        ends.append(bytes.count)
    }

    /// How many arguments there are, the words of the name included.
    public var argumentCount: Int { ends.count }
}
