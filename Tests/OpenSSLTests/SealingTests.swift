import OpenSSL
import Testing

@Suite struct SealingTests {
    @Test func aCodeIsThatOfRFC4231() {
        let code = HMAC.code(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func aMessageIsOpenedAsTheStandardHasIt() {
        // NIST's test case 13 and 14 of GCM: a key and a nonce of zeros.
        let key = [UInt8](repeating: 0, count: 32)
        let nonce = [UInt8](repeating: 0, count: 12)
        #expect(AESGCM.open(nonce + bytes("530f8afbc74536b9a963b4f1c4cb738b"), for: [], key: key) == [])
        let sealed = nonce + bytes("cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919")
        #expect(AESGCM.open(sealed, for: [], key: key) == [UInt8](repeating: 0, count: 16))
    }

    @Test func aSealedMessageComesBackForItsPurposeAndKeyAlone() throws {
        let key = (0..<32).map { UInt8($0) }
        for count in [0, 1, 15, 16, 17, 5000] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let sealed = try AESGCM.seal(message, for: [1, 2], key: key)
            #expect(sealed.count == count + 28)
            #expect(AESGCM.open(sealed, for: [1, 2], key: key) == message)
            #expect(AESGCM.open(sealed, for: [1], key: key) == nil)
            #expect(AESGCM.open(sealed, for: [1, 2], key: key.reversed()) == nil)
            #expect(try AESGCM.seal(message, for: [1, 2], key: key) != sealed)
        }
        #expect(throws: OpenSSLError.self) { try AESGCM.seal([], for: [], key: [1]) }
        #expect(AESGCM.open([], for: [], key: key) == nil && AESGCM.open([1], for: [], key: [1]) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }
}
