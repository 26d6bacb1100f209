import Foundation
import OpenSSL
import Testing

@Suite("the signatures of tokens that others issue") struct TokenSignatureTests {
    private func bytes(_ base64URL: String) throws -> [UInt8] {
        let text = base64URL.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Array(try #require(Data(base64Encoded: text + padding)))
    }

    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    /// RFC 7515, appendix A.3.
    @Test func aSignatureOfOthersIsES256() throws {
        let key = try P256.PublicKey(
            x: bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            y: bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
        )
        let message = Array("eyJhbGciOiJFUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try bytes(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        )
        #expect(key.verifies(signature, of: message))
        #expect(!key.verifies(signature, of: message + [0]))
    }

    /// RFC 7515, appendix A.2.
    @Test func aSignatureOfOthersIsRS256() throws {
        let modulus =
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
            + "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
            + "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
            + "yuXpoQ"
        let key = try RSA.PublicKey(modulus: bytes(modulus), exponent: bytes("AQAB"))
        let message = Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8)
        let signature = try bytes(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
                + "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
                + "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_I"
                + "oypGlUPQGe77Rw"
        )
        #expect(key.verifies(signature, of: message))
        #expect(!key.verifies(signature, of: message + [0]))
    }

    @Test func aKeyVerifiesWhatItsPrivateHalfHasSigned() throws {
        let (curve, other) = (try P256.PrivateKey(), try P256.PrivateKey())
        // Often enough that a number with zeros in front is among them.
        for number in 0..<UInt8(255) {
            let signature = try curve.sign([number])
            #expect(signature.count == 64 && curve.publicKey.verifies(signature, of: [number]))
            #expect(!other.publicKey.verifies(signature, of: [number]))
        }
        let rsa = try RSA.PrivateKey()
        let signature = try rsa.sign([1])
        #expect(rsa.publicKey.verifies(signature, of: [1]) && !rsa.publicKey.verifies(signature, of: [2]))
    }

    @Test func whatIsNoSignatureVerifiesNothing() throws {
        let curve = try P256.PrivateKey().publicKey
        let rsa = try RSA.PrivateKey().publicKey
        for count in [0, 1, 63, 64, 65, 255, 256, 257, 10_000] {
            for byte in [UInt8.min, 1, .max] {
                let signature = [UInt8](repeating: byte, count: count)
                #expect(!curve.verifies(signature, of: [1]) && !rsa.verifies(signature, of: [1]))
            }
        }
    }

    @Test func whatIsNoKeyIsRefused() throws {
        let point = try P256.PrivateKey().publicKey
        for (x, y) in [
            ([], []), (point.x, []), (point.x, point.x), (Array(point.x.dropLast()), point.y),
            ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32)),
            ([UInt8](repeating: 255, count: 32), [UInt8](repeating: 255, count: 32)),
        ] {
            #expect(throws: OpenSSLError.self) { try P256.PublicKey(x: x, y: y) }
        }
        let modulus = try RSA.PrivateKey().publicKey.modulus
        for (modulus, exponent): ([UInt8], [UInt8]) in [
            ([], [3]), (modulus, []), (modulus, [1]), (modulus, [4]), (modulus, [1, 0, 0, 0, 1]),
            // Short ones are broken, long ones take our time.
            (Array(modulus.prefix(128)), [1, 0, 1]), (Array(repeating: 255, count: 1025), [1, 0, 1]),
        ] {
            #expect(throws: OpenSSLError.self) { try RSA.PublicKey(modulus: modulus, exponent: exponent) }
        }
    }
}
