import OpenSSL
import Testing

@Suite("what others have computed") struct OpenSSLTests {
    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8($0 >= 97 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// FIPS 180-4, example of one block; and the hash of nothing.
    @Test func aHashIsSHA256() {
        #expect(
            SHA256.hash("abc".utf8) == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        )
        #expect(SHA256.hash([]) == bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    }

    /// RFC 7914, section 12, the first and second vectors.
    @Test func aDerivedKeyIsScrypt() throws {
        let nothing = try Scrypt.derive(from: [], salt: [], count: 64, rounds: 16, blockSize: 1, parallelism: 1)
        #expect(
            nothing
                == bytes(
                    "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                        + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
                )
        )
        let password = try Scrypt.derive(
            from: Array("password".utf8),
            salt: Array("NaCl".utf8),
            count: 64,
            rounds: 1024,
            blockSize: 8,
            parallelism: 16
        )
        #expect(
            password
                == bytes(
                    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
                )
        )
    }

    @Test func whatScryptDoesNotTakeIsAnError() {
        for (rounds, size) in [(0, 8), (3, 8), (-16, 8), (16, 0)] {
            #expect(throws: OpenSSLError.self) {
                try Scrypt.derive(from: [], salt: [], count: 32, rounds: rounds, blockSize: size, parallelism: 1)
            }
        }
    }

    /// RFC 8032, section 7.1, tests 1 and 2.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ]) func aSignatureIsEd25519(seed: String, key: String, message: String, signature: String) throws {
        let privateKey = try Ed25519.PrivateKey(bytes: bytes(seed))
        #expect(privateKey.publicKey.bytes == bytes(key))
        #expect(try privateKey.sign(bytes(message)) == bytes(signature))
        #expect(privateKey.publicKey.verifies(bytes(signature), of: bytes(message)))
        #expect(!privateKey.publicKey.verifies(bytes(signature), of: bytes(message) + [0]))
    }

    @Test func whatIsNoKeyAndNoSignatureIsRefused() throws {
        for count in [0, 31, 33] {
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(throws: OpenSSLError.self) { try Ed25519.PrivateKey(bytes: bytes) }
            #expect(throws: OpenSSLError.self) { try Ed25519.PublicKey(bytes: bytes) }
        }
        let key = try Ed25519.PrivateKey()
        let signature = try key.sign([1])
        #expect(key.publicKey.verifies(signature, of: [1]))
        for wrong in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: 64)] {
            #expect(!key.publicKey.verifies(wrong, of: [1]))
        }
        #expect(try Ed25519.PrivateKey().bytes != key.bytes)
    }

    @Test func secretBytesAreComparedAsAWhole() {
        #expect(SecureBytes.areEqual([1, 2, 3], [1, 2, 3]) && SecureBytes.areEqual([], []))
        #expect(!SecureBytes.areEqual([1, 2, 3], [1, 2, 4]) && !SecureBytes.areEqual([1, 2], [1, 2, 3]))
    }
}
