import Foundation
import StrictJSON
import Testing

@testable import Perch

/// How values are encoded that fill their containers in unusual ways.
@Suite struct ContractEncodingOrderTests {
    enum Key: String, CodingKey { case a, b, c }

    struct Custom: Encodable {
        let write: (any Encoder) throws -> Void
        func encode(to encoder: any Encoder) throws { try write(encoder) }
    }

    private func json(_ write: @escaping (any Encoder) throws -> Void) throws -> String {
        String(decoding: try JSONCoding.encode(Custom(write: write)), as: UTF8.self)
    }

    /// What an encoder must not do is told where it does it.
    private func refusal(_ write: @escaping (any Encoder) throws -> Void) -> String? {
        do {
            return "accepted: \(try json(write))"
        } catch EncodingError.invalidValue(_, let context) {
            return (context.codingPath.map(\.stringValue) + [context.debugDescription]).joined(separator: ": ")
        } catch {
            return "another error: \(error)"
        }
    }

    @Test func nestedContainersAreFilledOneAfterTheOther() throws {
        let text = try json { encoder in
            var outer = encoder.container(keyedBy: Key.self)
            var first = outer.nestedContainer(keyedBy: Key.self, forKey: .a)
            try first.encode("x", forKey: .c)
            var within = first.nestedUnkeyedContainer(forKey: .b)
            try within.encode(1)
            var deep = within.nestedContainer(keyedBy: Key.self)
            try deep.encode([2, 3], forKey: .a)
            try within.encode(4)
            _ = outer.nestedUnkeyedContainer(forKey: .b)
            try outer.encode(true, forKey: .c)
        }
        #expect(text == #"{"a":{"c":"x","b":[1,{"a":[2,3]},4]},"b":[],"c":true}"#)
    }

    @Test func aContainerThatHasEndedTakesNothingMore() {
        let refused = refusal { encoder in
            var outer = encoder.container(keyedBy: Key.self)
            var first = outer.nestedContainer(keyedBy: Key.self, forKey: .a)
            try outer.encode(true, forKey: .b)
            try first.encode("x", forKey: .c)
        }
        #expect(
            refused?.hasPrefix("a: c: a container is filled after another one was begun") == true,
            "\(refused ?? "")"
        )
    }

    enum Payment: Encodable {
        case card(number: String, owner: String)
        case cash
    }

    @Test func anEnumWithValuesIsWrittenAsItsCases() throws {
        let json = try JSONCoding.encode([Payment.card(number: "4711", owner: "Ann"), .cash])
        #expect(String(decoding: json, as: UTF8.self) == #"[{"card":{"number":"4711","owner":"Ann"}},{"cash":{}}]"#)
    }

    class Base: Encodable {
        let name = "base"
    }

    final class Derived: Base {
        let own = 7
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(own, forKey: .a)
            try super.encode(to: container.superEncoder())
            try container.encode(true, forKey: .b)
        }
    }

    @Test func aSuperclassIsAMemberOfItsOwn() throws {
        let json = try JSONCoding.encode(Derived())
        #expect(String(decoding: json, as: UTF8.self) == #"{"a":7,"super":{"name":"base"},"b":true}"#)
    }

    @Test func aMemberGivenTwiceIsRefused() {
        let refused = refusal { encoder in
            var object = encoder.container(keyedBy: Key.self)
            try object.encode([1, 2], forKey: .a)
            try object.encode("b", forKey: .b)
            try object.encodeNil(forKey: .a)
        }
        #expect(refused == "a: the member is given for the second time")
    }

    @Test func anOuterObjectIsNotWrittenIntoAnInnerOne() {
        let refused = refusal { encoder in
            let outer = encoder.container(keyedBy: Key.self)
            var copy = outer
            try copy.encode(
                Custom { inner in
                    var inner = inner.container(keyedBy: Key.self)
                    try inner.encode(1, forKey: .a)
                    var other = outer
                    try other.encode(2, forKey: .b)
                },
                forKey: .a
            )
        }
        #expect(refused?.contains("a container is filled after another one was begun") == true, "\(refused ?? "")")
    }

    @Test func aContainerAskedForTwiceIsTheSame() throws {
        let text = try json { encoder in
            var first = encoder.container(keyedBy: Key.self)
            try first.encode(1, forKey: .a)
            var second = encoder.container(keyedBy: Key.self)
            try second.encode(2, forKey: .b)
            try first.encode(3, forKey: .c)
        }
        #expect(text == #"{"a":1,"b":2,"c":3}"#)
    }

    @Test func aValueIsOneValue() throws {
        let refused = refusal { encoder in
            var value = encoder.singleValueContainer()
            try value.encode("first")
            try value.encode(7)
        }
        #expect(refused?.contains("a container is filled") == true, "\(refused ?? "")")
        #expect(try json { _ in } == "{}")
    }

    /// Half of the member is written when it fails.
    @Test func anErrorThatIsSwallowedStands() {
        let refused = refusal { encoder in
            var object = encoder.container(keyedBy: Key.self)
            try? object.encode([["x\0"]], forKey: .a)
            try? object.encode(-0.5, forKey: .b)
        }
        #expect(refused == "a: 0: 0: the character U+0000 is in a string; Postgres cannot keep it")
    }

    @Test func anErrorTellsWhereTheValueIs() {
        let error = #expect(throws: EncodingError.self) {
            try json { encoder in
                var object = encoder.container(keyedBy: Key.self)
                try object.encode(["x", "y\0"], forKey: .b)
            }
        }
        guard case .invalidValue(_, let context)? = error else { return }
        #expect(context.codingPath.first?.stringValue == "b")
        #expect(context.codingPath.last?.intValue == 1)
    }

    @Test func eventsEncodedOneAfterTheOtherAreAsEachByItself() throws {
        let encoder = EventEncoder()
        var json: [UInt8] = []
        for count in [1, 2] {
            var sample = ContractEventCodingTests.Sample()
            sample.count = Int64(count)
            let start = json.count
            try encoder.append(sample, to: &json)
            #expect(Array(json[start...]) == (try EventCoding.encode(sample)))
        }
    }
}
