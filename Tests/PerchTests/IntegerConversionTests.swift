import Foundation
import Testing

/// A number that came from outside ends no process: what could trap is written as `exactly:`, `clamping:` or
/// `truncatingIfNeeded:`. What is left stands here with its reason.
@Suite struct IntegerConversionTests {
    /// Of partitions everywhere: `PartitionNumber` is always within an `Int32`.
    private static let ofPartitions = #"Int32\([\w$.]*\.rawValue\)|Int32\(PartitionNumber\(.*\)\.rawValue\)"#

    /// By file: the text of a line, and why it cannot trap.
    private static let allowed: [String: [String: String]] = [
        "Executors/ThreadExecutor.swift": ["Int32(PTHREAD_CREATE_DETACHED)": "a constant"],
        "PerchContract/EventFieldWriter.swift": ["UInt64(": "wider than what it is made of, or a remainder"],
        "StrictJSON/ByteText.swift": ["UInt64(": "of a byte"],
        "StrictJSON/JSONNode.swift": ["UInt32(": "of a byte"],
        "StrictJSON/JSONReader+Strings.swift": ["UInt32(": "of a byte", "UInt64((": "a remainder"],
        "StrictJSON/JSONReader.swift": [
            "Int32(position)": "a text has at most 2 GiB", "Int32(count)": "a node is a byte at least",
        ],
        "StrictJSON/JSONWriter.swift": ["UInt64(integer.magnitude)": "no integer of ours is wider"],
        "StrictJSON/UUID+Text.swift": ["UInt64(UInt32(": "wider"],
        "Perch/Wire/CommandMemory.swift": ["UInt8(rest": "digits of a number below 1000"],
        "Perch/Wire/EntryID+Redis.swift": ["UInt64(text[place]": "of a byte"],
        "Perch/Publishing/OutboxColumns.swift": [
            "UInt32(elements.count": "the data of an event has at most 64 KiB", "Int32(count == 0": "0 or 1",
        ],
        "perch/Output/Screen.swift": ["UInt(TIOCGWINSZ)": "a constant"],
        "PerchProtocol/Values/CRC32.swift": ["UInt32(byte)": "of a byte"],
        "Postgres/Configuration/PostgresConfiguration.swift": ["UInt16(port) == nil": "of a text"],
        "Postgres/Connection/ConnectionHandle.swift": [
            "Int16(POLL": "a constant", "Int32(key.types.count)": "arguments of a statement in the program",
            "Int32(left.seconds": "of a day at most",
        ],
        "Postgres/Connection/ResultHandle.swift": ["Int32(code.value)": "a letter"],
        "Postgres/Connection/Row.swift": ["Int32(column)": "an index of the row's columns"],
        "Postgres/Statements/Parameters.swift": ["Int32(count)": "arguments of a statement in the program"],
        "Postgres/Statements/StatementShape.swift": ["UInt": "addresses and counts of the program's literals"],
        "Postgres/Values/Arrays.swift": [
            "Int32(count == 0": "0 or 1", "Int32(hasNull": "0 or 1", "Int32(size)": "of an integer type",
        ],
        "Postgres/Values/Decimal.swift": [
            "Int16($0 &- 0x30)": "a digit", "Int16(groups.count)": "a decimal has at most 166 digits",
            "Int16(whole.count": "a decimal has at most 166 digits", "Int16(scale)": "a decimal has at most 166 digits",
        ],
        "Postgres/Values/DigitReader.swift": ["UInt32(next)": "of a byte"],
        "Postgres/Values/Scalars.swift": [
            "(value.signedInteger(upTo:": "it throws what is beyond", "UInt8(self ?": "0 or 1",
        ],
        "Postgres/Values/Timestamp.swift": ["UInt8(number / divisor % 10)": "a digit"],
        "Redis/Commands/RedisArgumentBytes.swift": ["UInt64(value.magnitude)": "no integer of ours is wider"],
        "Redis/Commands/RedisCommand.swift": ["UInt8(rest % 10)": "a digit"],
        "Redis/Connections/Context.swift": [
            "Int32(port)": "checked where the URL is read", "Int32(MSG_NOSIGNAL)": "a constant",
            "Int32(POLLIN)": "a constant",
        ],
        "Redis/Sentinel/Sentinels.swift": ["UInt16(port), number": "of a text"],
        "Redis/TLS/SocketTransport.swift": ["Int32(MSG_": "a constant"],
        "Redis/TLS/SocketWait.swift": ["Int16(POLLIN)": "a constant"],
        "Redis/TLS/TLSSession.swift": ["Int32(POLL": "a constant", "UInt32(X509_": "a constant"],
        "Redis/Replies/RedisReply.swift": ["Int32(node.pointee.kind)": "of a byte"],
    ]

    private static let trapping =
        #"\b(U?Int8|U?Int16|U?Int32|UInt|UInt64)\((?!exactly:|clamping:|truncatingIfNeeded:|bitPattern:|ascii:|bigEndian:|littleEndian:|-?\d|\))"#

    @Test func noNarrowingConversionCanTrapOnWhatCameFromOutside() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        let trapping = try Regex(Self.trapping)
        let ofPartitions = try Regex(Self.ofPartitions)
        var looked = 0
        let folders = [
            "Connections/Executors", "Connections/Postgres", "Connections/Redis", "Library/Perch",
            "Library/PerchContract", "Library/PerchOperating", "Library/PerchProtocol", "Library/StrictJSON",
            "Programs/perch",
        ]
        for folder in folders {
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil
            )
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                looked += 1
                // Without the floor.
                let path = file.path.dropFirst(root.path.count + 1).split(separator: "/")
                let name = path.dropFirst().joined(separator: "/")
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let text = line.trimmingPrefix { $0 == " " }.replacing(ofPartitions, with: "")
                    guard !text.hasPrefix("//"), text.contains(trapping) else { continue }
                    let isAllowed = Self.allowed[name]?.keys.contains { text.contains($0) } == true
                    #expect(isAllowed, "\(name): \(text): write exactly:, clamping: or truncatingIfNeeded:")
                }
            }
        }
        #expect(looked > 200)
    }
}
