import HTTPKit
import HTTPTypes
import PageKit
import Testing
import Times

@Suite struct SealTests {
    private let name = CookieName("perch", port: 8080)
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private var later: Timestamp { now + .seconds(60) }

    @Test func aSealedCookieComesBackUntilItsTime() throws {
        let seal = CookieSeal(SecretKeys(SecretKey()))
        let value = try seal.seal(Array("ann".utf8), as: name, until: later)
        #expect(seal.open(value, as: name, now: now) == Array("ann".utf8))
        #expect(seal.open(value, as: name, now: later) == nil)
        #expect(try seal.seal(Array("ann".utf8), as: name, until: later) != value)
        #expect(try seal.open(seal.seal([], as: name, until: later), as: name, now: now) == [])
    }

    @Test func aChangedCookieIsNone() throws {
        let seal = CookieSeal(SecretKeys(SecretKey()))
        let value = try seal.seal(Array("ann".utf8), as: name, until: later)
        let bytes = try #require(Base64URL.decode(value))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(seal.open(Base64URL.encode(changed), as: name, now: now) == nil)
            #expect(seal.open(Base64URL.encode(bytes.prefix(index)), as: name, now: now) == nil)
        }
        for text in ["", "x", value + "A", value + "=", String(repeating: "A", count: 100_000)] {
            #expect(seal.open(text, as: name, now: now) == nil)
        }
    }

    @Test func aCookieServesUnderItsNameAlone() throws {
        let seal = CookieSeal(SecretKeys(SecretKey()))
        let value = try seal.seal([1], as: name, until: later)
        #expect(seal.open(value, as: CookieName("perch", port: 8081), now: now) == nil)
    }

    @Test func aKeyIsReplacedWithoutLoggingAnybodyOut() throws {
        let (old, new) = (SecretKey(), SecretKey())
        let value = try CookieSeal(SecretKeys(old)).seal([7], as: name, until: later)
        #expect(CookieSeal(SecretKeys(new, older: [old])).open(value, as: name, now: now) == [7])
        #expect(CookieSeal(SecretKeys(new)).open(value, as: name, now: now) == nil)
        let token = FormTokens(SecretKeys(old)).token(session: "s", action: "/x")
        #expect(FormTokens(SecretKeys(new, older: [old])).accepts(token, session: "s", action: "/x"))
        #expect(!FormTokens(SecretKeys(new)).accepts(token, session: "s", action: "/x"))
    }

    @Test func aContentThatBrowsersWouldDropIsRefused() {
        let seal = CookieSeal(SecretKeys(SecretKey()))
        #expect(throws: CookieSeal.TooLong.self) {
            try seal.seal(.init(repeating: 0, count: 2901), as: name, until: later)
        }
        let longest = try? seal.seal(.init(repeating: 0, count: 2900), as: name, until: later)
        #expect(longest.map { $0.utf8.count + name.description.utf8.count < 4096 } == true)
    }

    @Test func aFormsTokenIsOfItsSessionAndItsAction() {
        let tokens = FormTokens(SecretKeys(SecretKey()))
        let token = tokens.token(session: "s", action: "/pause/a")
        #expect(tokens.accepts(token, session: "s", action: "/pause/a"))
        #expect(!tokens.accepts(token, session: "t", action: "/pause/a"))
        #expect(!tokens.accepts(token, session: "s", action: "/pause/b"))
        #expect(!tokens.accepts(token, session: "s/pause", action: "/a"))
        for wrong in [nil, "", "x", token + "A", String(token.dropLast())] {
            #expect(!tokens.accepts(wrong, session: "s", action: "/pause/a"))
        }
    }

    @Test func aCookieIsFoundAndOneThatComesTwiceIsNot() {
        let headers: HTTPFields = [.cookie: "a=1; __Host-perch-8080=x; tz=Europe/Berlin"]
        #expect(Cookies.value(of: name, in: headers) == "x")
        #expect(Cookies.value(of: "tz", in: headers) == "Europe/Berlin")
        #expect(Cookies.value(of: "b", in: headers) == nil)
        #expect(Cookies.value(of: name, in: [.cookie: "__Host-perch-8080=x; __Host-perch-8080=y"]) == nil)
    }

    @Test func aCookieIsForThisHostAndNoScript() {
        #expect(
            Cookies.line(name, "v", life: .seconds(60))
                == "__Host-perch-8080=v; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60"
        )
        #expect(Cookies.removal(of: name).hasSuffix("Max-Age=0"))
        #expect(CookieName("a b;=\n").description == "__Host-ab")
    }
}
