import Foundation
import Testing

@testable import StrictJSON

/// Numbers and UUIDs are written several characters at a time, and as Swift writes them.
@Suite struct ByteTextTests {
    private func text(_ write: (UnsafeMutableRawBufferPointer) -> Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: 40, alignment: 1) { room in
            String(decoding: room[..<write(room)], as: UTF8.self)
        }
    }

    /// Below and above each place where a number gets one digit more.
    @Test func eachNumberIsWrittenWithAllOfItsDigits() {
        var numbers: [UInt64] = [0, .max, .max - 1, UInt64(Int64.max), 9_999_999_999_999_999_999]
        for digits in 0..<20 {
            let power = (0..<digits).reduce(UInt64(1)) { power, _ in power * 10 }
            numbers += [power - 1, power, power + 1, power + power / 3, power &* 7]
        }
        for number in numbers {
            #expect(text { $0.write(decimal: number) } == String(number))
            #expect(number.digitCount == String(number).count)
        }
    }

    @Test func eachByteOfAUUIDIsWrittenAtItsPlace() {
        for place in 0..<16 {
            for byte in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: 0x5A, count: 16)
                bytes[place] = byte
                let uuid = bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) }
                let written = text { room in bytes.withUnsafeBytes { room.write(uuid: $0) } }
                guard written == UUID(uuid: uuid).uuidString.lowercased() else {
                    Issue.record("\(UUID(uuid: uuid)) is written \(written)")
                    return
                }
            }
        }
    }
}
