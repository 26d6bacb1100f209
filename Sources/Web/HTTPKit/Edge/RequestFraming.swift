import NIOHTTP1

/// What HTTP/1.1 demands of a head and its parser leaves open: that everybody who reads a request takes it for the same.
///
/// [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)
enum RequestFraming {
    /// Why a head is refused; nil where it is not.
    static func problem(of head: HTTPRequestHead) -> HTTPParserError? {
        guard head.version == .http1_1 || head.version == .http1_0 else { return .invalidVersion }
        let hosts = head.headers["Host"]
        // Section 3.2: one, which only HTTP/1.0 may leave out.
        guard hosts.count == 1 || hosts.isEmpty && head.version == .http1_0, hosts.allSatisfy(isHost)
        else {
            return .invalidHeaderToken
        }
        // Section 6.1: chunked is the one coding that is known here, and HTTP/1.0 knows none.
        let codings = head.headers["Transfer-Encoding"]
        guard
            codings.isEmpty
                || head.version == .http1_1 && codings.count == 1 && codings[0].lowercased() == "chunked"
        else { return .invalidHeaderToken }
        return nil
    }

    /// A host and a port, as far as their characters go; it may be empty.
    private static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: Array("-._~%!$&'()*+;=:[]".utf8).contains(byte)
            }
        }
    }
}
