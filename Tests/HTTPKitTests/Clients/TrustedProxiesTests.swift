import HTTPKit
import HTTPTypes
import Testing

@Suite struct TrustedProxiesTests {
    private static let proxy = "10.0.0.1"

    /// Whom the request is counted for, with 10.0.0.0/8, 192.0.2.7 and 2001:db8:ffff::/48 trusted.
    private static func client(
        of connection: String = proxy,
        _ name: String = "X-Forwarded-For",
        _ lines: [String]
    ) throws -> String {
        let proxies = try TrustedProxies(parsing: "10.0.0.0/8,192.0.2.7, 2001:db8:ffff::/48")
        var headers = HTTPFields()
        for line in lines { headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: line)) }
        return proxies.client(of: connection, headers)
    }

    @Test(arguments: [
        (["198.51.100.7"], "198.51.100.7"),
        // What stands before the client it has written itself.
        (["203.0.113.9, 198.51.100.7"], "198.51.100.7"), (["10.0.0.9, 198.51.100.7"], "198.51.100.7"),
        (["203.0.113.9", "198.51.100.7"], "198.51.100.7"), (["for=x;\",,,%%\u{1F}, 198.51.100.7"], "198.51.100.7"),
        // Further proxies are passed over.
        (["198.51.100.7, 10.1.2.3, 192.0.2.7"], "198.51.100.7"),
        (["198.51.100.7", "10.1.2.3", "192.0.2.7"], "198.51.100.7"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        // With ports, of IPv6, of both kinds.
        (["198.51.100.7:4711"], "198.51.100.7"), (["2001:db8::7"], "2001:db8:0:0:0:0:0:7"),
        (["[2001:db8::7]:4711"], "2001:db8:0:0:0:0:0:7"), (["[2001:db8::7]"], "2001:db8:0:0:0:0:0:7"),
        (["2001:db8::7, 2001:db8:ffff::1"], "2001:db8:0:0:0:0:0:7"), (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["  198.51.100.7\t"], "198.51.100.7"),
    ]) func theClientIsTheLastHopThatIsNoProxy(_ lines: [String], _ client: String) throws {
        #expect(try Self.client("X-Forwarded-For", lines) == client)
    }

    @Test(arguments: [
        (["for=198.51.100.7"], "198.51.100.7"), (["For=\"198.51.100.7:4711\";proto=https"], "198.51.100.7"),
        (["for=203.0.113.9, for=198.51.100.7;by=10.0.0.1"], "198.51.100.7"),
        (["for=\"[2001:db8::7]:_port\""], "2001:db8:0:0:0:0:0:7"), (["proto=https;for=198.51.100.7;"], "198.51.100.7"),
        (["for=198.51.100.7, for=10.2.2.2"], "198.51.100.7"),
        (["for=203.0.113.9", "for=198.51.100.7"], "198.51.100.7"),
        (["for=198.51.100.7;x=\"a,b;\\\"for=203.0.113.9\""], "198.51.100.7"),
        // A line that is none does not hide the next proxy's own.
        (["for=\"203.0.113.9", "for=198.51.100.7"], "198.51.100.7"),
    ]) func forwardedIsReadAlike(_ lines: [String], _ client: String) throws {
        #expect(try Self.client("Forwarded", lines) == client)
    }

    @Test(arguments: ["127.0.0.1", "11.0.0.1", "198.51.100.1", "2001:db8:fffe::1", "", "/run/popug.socket", "x"])
    func nobodyElseIsBelieved(_ connection: String) throws {
        for name in ["X-Forwarded-For", "Forwarded"] {
            #expect(try Self.client(of: connection, name, ["for=203.0.113.9"]) == connection)
            #expect(try Self.client(of: connection, name, ["203.0.113.9"]) == connection)
        }
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("X-Forwarded-For"))] = "203.0.113.9"
        #expect(TrustedProxies.none.client(of: connection, headers) == connection)
    }

    @Test(arguments: [
        [""], [","], [", ,"], ["unknown"], ["_hidden"], ["198.51.100.7,"], ["198.51.100.7, unknown"], ["198.51.100"],
        ["198.51.100.256"], ["0198.51.100.7"], ["198.51.100.7:"], ["198.51.100.7:99999999"], ["[198.51.100.7]"],
        ["[2001:db8::7"],
        ["2001:db8::7]"], ["[2001:db8::7]x"], [":::"], ["198.51.100.7 198.51.100.8"], ["\u{202E}198.51.100.7"],
        ["198.51.100.7/32"], ["٧.٧.٧.٧"], [String(repeating: "1", count: 20_000)],
    ]) func whatIsNoAddressIsNotBelieved(_ lines: [String]) throws {
        #expect(try Self.client("X-Forwarded-For", lines) == Self.proxy)
    }

    @Test(arguments: [
        "", ",", "for", "for=", "for=unknown", "for=_x", "proto=https", "for=\"198.51.100.7",
        "for=\"203.0.113.9, for=\"198.51.100.7\"",
        "for=198.51.100.7;for=203.0.113.9", "for=198.51.100.7 203.0.113.9", "for=198.51.100.7, =",
        "for=\"198.51.100.7\\",
        "for==198.51.100.7", "for=\"\u{FFFD}\"", "for=198.51.100.7,",
    ]) func whatIsNoForwardedIsNotBelieved(_ line: String) throws {
        #expect(try Self.client("Forwarded", [line]) == Self.proxy)
    }

    /// A proxy that writes one of the two lets the client's own other one pass.
    @Test func twoHeadersThatContradictEachOtherAreNotBelieved() throws {
        let proxies = try TrustedProxies(parsing: "10.0.0.1")
        func client(_ forwarded: String, _ list: String) throws -> String {
            var headers = HTTPFields()
            headers[try #require(HTTPField.Name("Forwarded"))] = forwarded
            headers[try #require(HTTPField.Name("X-Forwarded-For"))] = list
            return proxies.client(of: "10.0.0.1", headers)
        }
        #expect(try client("for=203.0.113.9", "198.51.100.7") == "10.0.0.1")
        #expect(try client("x", "198.51.100.7") == "10.0.0.1")
        #expect(try client("for=\"[2001:db8::7]\"", "203.0.113.9, 2001:db8:0::7") == "2001:db8:0:0:0:0:0:7")
    }

    /// Bytes of all kinds, drawn: nothing traps, and nobody is believed who was not told by a proxy.
    @Test func noHeaderTrapsOrWidensTrust() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "for=", "\"", "\\", ",", ";", "[", "]", ":", "::", "203.0.113.9", "10.0.0.1", "unknown", " ", "=", "%", "é",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            for name in ["X-Forwarded-For", "Forwarded"] {
                #expect(try Self.client(of: "198.51.100.1", name, [text]) == "198.51.100.1")
                let proxied = try Self.client(name, [text, name == "Forwarded" ? "for=198.51.100.7" : "198.51.100.7"])
                #expect(proxied == "198.51.100.7", "\(name): \(text)")
                _ = try Self.client(name, [text])
            }
        }
    }
}
