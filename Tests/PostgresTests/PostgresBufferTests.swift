import Testing

@testable import Postgres

/// Where values write their bytes: a few lie in the buffer itself, more of them elsewhere.
@Suite struct PostgresBufferTests {
    /// An encoder of a user's that puts back a buffer as it was before.
    private struct Restoring: PostgresEncodable {
        final class Kept: @unchecked Sendable { var buffer: PostgresBuffer? }

        static let postgresType = PostgresType.bytea
        let kept: Kept

        func encode(into buffer: inout PostgresBuffer) {
            if let earlier = kept.buffer { buffer = earlier } else { kept.buffer = buffer }
            buffer.append(UInt8(7))
        }
    }

    @Test func anEncoderThatTakesBytesBackEndsTheProgramAndWritesNowhereElse() async {
        await #expect(processExitsWith: .failure) {
            let restoring = Restoring(kept: .init())
            var parameters = Parameters()
            try parameters.append(restoring)
            try parameters.append([UInt8](repeating: 1, count: 4000))
            try parameters.append(restoring)
        }
    }

    @Test func anEncoderThatPutsAnotherStatementsBytesBackEndsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let restoring = Restoring(kept: .init())
            var other = Parameters()
            // What stands where the count of the first value was is no count that fits.
            other.buffer.append(Int64(0x7000_0000_7000_0000))
            other.buffer.append(Int64(0))
            restoring.encode(into: &other.buffer)
            restoring.kept.buffer = other.buffer
            var parameters = Parameters()
            try parameters.append(1)
            try parameters.append(restoring)
            try parameters.append(3)
            parameters.withPointers { _, _, _, _ in }
        }
    }

    @Test func copiesOfABufferAreChangedEachForItself() {
        for count in [0, 100, 127, 128, 129, 1000] {
            var buffer = PostgresBuffer()
            buffer.append(contentsOf: [UInt8](repeating: 1, count: count))
            var copy = buffer
            copy.append(UInt32(0xAABB_CCDD))
            buffer.append(UInt8(9))
            #expect(buffer.withBytes { Array($0) } == [UInt8](repeating: 1, count: count) + [9])
            let expected = [UInt8](repeating: 1, count: count) + [0xAA, 0xBB, 0xCC, 0xDD]
            #expect(copy.withBytes { Array($0) } == expected)
        }
    }
}
