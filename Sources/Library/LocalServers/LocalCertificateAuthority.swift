import Foundation
import Synchronization

/// A private certificate authority, for tests of TLS. Nobody trusts it but who is given its file.
///
/// It keeps its files in a temporary folder, which is removed when this object is released, and nobody has a certificate of it
/// any more. All calls block, run `openssl` and may be made from any thread.
public final class LocalCertificateAuthority: Sendable {
    /// Since when, until when.
    public enum Validity: Sendable, Hashable {
        /// From now on, for a day.
        case valid
        /// Until yesterday.
        case expired
    }

    private let program: Program
    private let folder: ServerFolder
    private let key: String
    /// The file with its certificate, for those who are to trust it.
    public let certificate: String
    private let issued = Mutex(0)

    /// Makes its key and certificate.
    /// - Parameter name: its common name, which certificates show as their issuer.
    /// - Throws: `LocalServerError` when `openssl` is not installed or fails.
    public init(name: String = "Perch test CA") throws(LocalServerError) {
        program = try Program("openssl", package: "openssl")
        folder = try ServerFolder(nil, name: "ca")
        certificate = folder.file("ca.pem")
        key = folder.file("ca.key")
        _ = try Program.run(
            [program.path, "req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + Self.newKey(key) + [
                "-addext", "keyUsage=critical,keyCertSign", "-out", certificate,
            ]
        )
    }

    deinit { folder.removeIfTemporary() }

    /// Issues a certificate, for servers and clients alike.
    /// - Parameters:
    ///   - places: the names and IPv4 addresses that it is for.
    ///   - name: its common name.
    /// - Throws: `LocalServerError` when `openssl` fails.
    public func issue(
        for places: [String] = ["localhost", "127.0.0.1"],
        name: String = "redis",
        _ validity: Validity = .valid
    ) throws(LocalServerError) -> LocalCertificate {
        let number = issued.withLock { count in
            count += 1
            return count
        }
        let pair = LocalCertificate(
            certificate: folder.file("\(number).pem"),
            key: folder.file("\(number).key"),
            authority: self
        )
        let request = folder.file("\(number).csr")
        let names = places.map { place in
            place.allSatisfy { $0.isNumber || $0 == "." } ? "IP:\(place)" : "DNS:\(place)"
        }
        let extensions =
            ["basicConstraints=critical,CA:FALSE"]
            + (names.isEmpty ? [] : ["subjectAltName=\(names.joined(separator: ","))"])
        _ = try Program.run(
            [program.path, "req", "-new", "-subj", "/CN=\(name)", "-out", request] + Self.newKey(pair.key)
                + extensions.flatMap { ["-addext", $0] }
        )
        _ = try Program.run([
            program.path, "x509", "-req", "-in", request, "-CA", certificate, "-CAkey", key,
            "-set_serial", String(number), "-copy_extensions", "copy", "-out", pair.certificate,
            "-days", validity == .valid ? "1" : "-1",
        ])
        return pair
    }

    private static func newKey(_ file: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file]
    }
}
