import Perch
import PerchOperating
import Testing

/// Events that are made at random, together with what is to be seen of them.
@Suite struct MaskingFuzzTests {
    @Test func ofRandomEventsAllButPrivateValuesStaysByteForByte() throws {
        var maker = EventMaker(seed: 1)
        for _ in 0..<400 {
            let made = maker.event()
            let masking = try MaskingTests.masking(made.json)
            #expect(String(decoding: masking.data, as: UTF8.self) == made.shown)
            for secret in made.secrets {
                #expect(
                    !masking.text("refused: \(made.json) and \(secret)").contains(secret),
                    "\(secret) of \(made.json)"
                )
            }
        }
    }

    @Test func ofDamagedEventsNoPrivateValueIsShown() throws {
        let contract = try MaskingTests.contract.get()
        var maker = EventMaker(seed: 2)
        var whole = 0
        for _ in 0..<1000 {
            let made = maker.event()
            let data = maker.damaged(Array(made.json.utf8))
            let masking = Masking(data, of: "user_created", version: 2, in: contract)
            let shown = String(decoding: masking.data, as: UTF8.self)
            if shown == #""•••""# { whole += 1 }
            for secret in made.secrets { #expect(!shown.contains(secret), "\(secret) of \(made.json) in \(shown)") }
        }
        // Damage is not all that there is to it: some is read all the same.
        #expect((300..<999).contains(whole))
    }
}

private struct EventMaker {
    struct Made {
        var json = ""
        var shown = ""
        var secrets: [String] = []

        mutating func both(_ text: String) {
            json += text
            shown += text
        }
    }

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func number(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func event() -> Made {
        var made = Made()
        var undeclared = 0
        var members = [
            "user_id", "born", "email", "role", "pay", "tags", "codes", "home", "notes", "bank", "other",
            "em\\u0061il ",
        ]
        made.both(space() + "{")
        for index in 0..<number(below: members.count) + 1 {
            let name = members.remove(at: number(below: members.count))
            if index > 0 { made.both(",") }
            made.both(space())
            let key = "\"\(escaped(name))\""
            made.json += key
            if name == "other" || name.hasPrefix("em\\") {
                undeclared += 1
                made.shown += "\"•••\(undeclared > 1 ? "\(undeclared)" : "")\""
            } else {
                made.shown += key
            }
            made.both(space() + ":" + space())
            member(name, &made)
            made.both(space())
        }
        made.both("}" + space())
        return made
    }

    private mutating func member(_ name: String, _ made: inout Made) {
        switch name {
        case "user_id", "role": made.both(open())
        case "tags": list(&made) { $1.both($0.open()) }
        case "codes": list(&made) { $0.secret(&$1) }
        case "home":
            made.both("{\"street\"" + space() + ":")
            secret(&made)
            made.both("," + space() + "\"city\":\(open())}")
        case "notes":
            list(&made) {
                $1.both("{\"by\":")
                $0.secret(&$1)
                $1.both("}")
            }
        default: secret(&made)
        }
    }

    private mutating func list(_ made: inout Made, _ element: (inout Self, inout Made) -> Void) {
        made.both("[" + space())
        for index in 0..<number(below: 4) {
            if index > 0 { made.both("," + space()) }
            element(&self, &made)
        }
        made.both(space() + "]")
    }

    /// A value that nobody is to see, within which only the marked part is looked for.
    private mutating func secret(_ made: inout Made) {
        let mark = "hidden\(1_000_000 + number(below: 1_000_000))"
        made.secrets.append(mark)
        switch number(below: 5) {
        case 0: made.json += "{\"\(mark)\": [1, null]}"
        case 1: made.json += "[[\"\(mark)\"], true]"
        case 2: made.json += "\"\\\"\\u00e9\(mark)\\\\\""
        case 3: made.json += "{\"iban\":{\"x\":\"🐦\(mark)\"}}"
        default: made.json += "\"\(mark)\""
        }
        made.shown += "\"•••\""
    }

    private mutating func open() -> String {
        ["\"\"", "\"a\\u0062c\"", "\"🐦é\"", "12345678901234567890", "-1.50e3", "true", "null", "\"}{,\\\"\""][
            number(below: 8)
        ]
    }

    private mutating func space() -> String { ["", "", "", " ", "\n\t ", "\r\n"][number(below: 6)] }

    /// The same key, some of it as escapes.
    private mutating func escaped(_ name: String) -> String {
        guard number(below: 4) == 0, let first = name.utf8.first else { return name }
        return "\\u00" + String(first, radix: 16) + name.dropFirst()
    }

    /// Up to three bytes are others, gone, or there twice.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(below: 3) + 1 where !bytes.isEmpty {
            let place = number(below: bytes.count)
            switch number(below: 4) {
            case 0: bytes[place] = UInt8(number(below: 256))
            case 1: bytes[place] = Array("\"{}[],:\\0a ".utf8)[number(below: 11)]
            case 2: bytes.remove(at: place)
            default: bytes.insert(bytes[place], at: place)
            }
        }
        return bytes
    }
}
