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

    @Test func nestedContainersAreFilledInAnyOrder() throws {
        let text = try json { encoder in
            var outer = encoder.container(keyedBy: Key.self)
            var first = outer.nestedContainer(keyedBy: Key.self, forKey: .a)
            var second = outer.nestedUnkeyedContainer(forKey: .b)
            try second.encode(1)
            try first.encode("x", forKey: .c)
            try outer.encode(true, forKey: .c)
            try second.encode(2)
        }
        #expect(text == #"{"a":{"c":"x"},"b":[1,2],"c":true}"#)
    }

    @Test func aMemberGivenTwiceKeepsItsPlaceAndItsLastValue() throws {
        let text = try json { encoder in
            var object = encoder.container(keyedBy: Key.self)
            try object.encode([1, 2], forKey: .a)
            try object.encode("b", forKey: .b)
            try object.encodeNil(forKey: .a)
        }
        #expect(text == #"{"a":null,"b":"b"}"#)
    }

    @Test func anOuterObjectIsNotWrittenIntoAnInnerOne() throws {
        let text = try json { encoder in
            let outer = encoder.container(keyedBy: Key.self)
            var copy = outer
            try copy.encode(
                Custom { inner in
                    var inner = inner.container(keyedBy: Key.self)
                    try inner.encode(1, forKey: .a)
                    var other = outer
                    try other.encode(2, forKey: .b)
                    try inner.encode(3, forKey: .c)
                },
                forKey: .a
            )
        }
        #expect(text == #"{"a":{"a":1,"c":3},"b":2}"#)
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

    @Test func ofSeveralSingleValuesTheLastCounts() throws {
        let text = try json { encoder in
            var object = encoder.container(keyedBy: Key.self)
            try object.encode(
                Custom { inner in
                    var value = inner.singleValueContainer()
                    try value.encode("first")
                    try value.encode(7)
                },
                forKey: .a
            )
            try object.encode(Custom { _ in }, forKey: .b)
        }
        #expect(text == #"{"a":7,"b":{}}"#)
    }

    @Test func aMemberWhoseErrorIsSwallowedLeavesTheRestWhole() throws {
        let text = try json { encoder in
            var object = encoder.container(keyedBy: Key.self)
            try? object.encode([["x\0"]], forKey: .a)
            try object.encode(-0.5, forKey: .b)
        }
        #expect(text == #"{"a":[[{}]],"b":-0.5}"#)
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
