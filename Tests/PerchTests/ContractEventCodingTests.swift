import Foundation
import Testing

@testable import Perch

@Suite struct ContractEventCodingTests {
    enum Mood: String, Codable, CaseIterable { case good, bad }

    struct Sample: Event, Hashable {
        static let type: EventType = "sample_taken"
        static let topic: TopicName = "samples"
        var version: Int { 1 }
        var key: String { id.uuidString.lowercased() }

        var id = UUID(uuidString: "0199C1D2-8B4C-7D5E-9F6A-1B2C3D4E5F60") ?? UUID()
        var zeta = "a\"\\/\n\u{1}é😀"
        var count: Int64 = .min
        var small: UInt8? = 255
        var ratio = 0.1
        var isTrue = true
        var mood = Mood.good
        var ids: [UUID] = []
        var nested: [String: [Int?]] = [:]
    }

    private func decode(_ json: String) throws -> Sample { try EventCoding.decode(from: Array(json.utf8)) }

    @Test func membersStandInTheirOrderAndUUIDsInLowercase() throws {
        var sample = Sample()
        sample.ids = [sample.id]
        sample.nested = ["a": [1, 2]]
        let json = try EventCoding.encode(sample)
        #expect(
            String(decoding: json, as: UTF8.self) == #"""
                {"id":"0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60","zeta":"a\"\\/\n\u0001é😀","count":-9223372036854775808,\#
                "small":255,"ratio":0.1,"isTrue":true,"mood":"good","ids":["0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60"],\#
                "nested":{"a":[1,2]}}
                """#
        )
        #expect(try EventCoding.decode(Sample.self, from: json) == sample)
    }

    /// Ours and Foundation's write what the other reads.
    @Test func foundationUnderstandsTheSame() throws {
        var sample = Sample()
        sample.small = nil
        sample.nested = ["x": [], "y": [7]]
        #expect(try JSONDecoder().decode(Sample.self, from: Data(EventCoding.encode(sample))) == sample)
        sample.nested = ["x": [], "y": [nil, 7]]
        #expect(try EventCoding.decode(Sample.self, from: Array(JSONEncoder().encode(sample))) == sample)
    }

    @Test(arguments: [
        (#""count":1"#, #""count":1.0"#, "count: expected an integer, got a decimal", "the decimal 1.0"),
        (
            #""count":1"#, #""count":9223372036854775808"#, "count: expected an integer from -9223372036854775808 to",
            "9223372036854775808"
        ),
        (#""count":1"#, #""count":null"#, "count: expected an integer, got null", "null"),
        (#""count":1,"#, "", "count: expected a value, got nothing", "nothing"),
        (#""small":1"#, #""small":256"#, "small: expected an integer from 0 to 255, got an integer", "256"),
        (#""zeta":"z""#, #""zeta":7"#, "zeta: expected a string, got an integer", "7"),
        (#""isTrue":true"#, #""isTrue":1"#, "isTrue: expected true or false, got an integer", "1"),
        (#""ratio":1"#, #""ratio":"1""#, "ratio: expected a number, got a string", "\"1\""),
        (#""mood":"bad""#, #""mood":"sad""#, "mood: expected one of good, bad, got a string", "\"sad\""),
        ("5e5f60", "5e5f6", "id: expected a UUID such as", "1b2c3d5e5f6\""),
        (#""ids":[]"#, #""ids":["x"]"#, "ids.[0]: expected a UUID", "\"x\""),
        (#""nested":{}"#, #""nested":{"a":[null,true]}"#, "nested.a.[1]: expected an integer", "true"),
        (#""mood""#, #""count":2,"mood""#, "expected a JSON object, got not valid JSON at byte", "second time"),
    ])
    func anErrorTellsTheFieldAndWhatWasExpected(_ old: String, _ new: String, _ text: String, _ value: String) throws {
        let json =
            #"{"id":"0199c1d2-8b4c-7d5e-9f6a-1b2c3d5e5f60","count":1,"zeta":"z","small":1,"ratio":1,"isTrue":true,"#
            + #""mood":"bad","ids":[],"nested":{}}"#
        #expect(throws: Never.self) { try decode(json) }
        let error = #expect(throws: UndecodableEvent.self) { try decode(json.replacingOccurrences(of: old, with: new)) }
        #expect(
            error?.description.hasPrefix("sample_taken cannot be read: \(text)") == true,
            "got \(error?.description ?? "")"
        )
        #expect(error?.fullDescription.contains(value) == true, "got \(error?.fullDescription ?? "")")
    }

    @Test func anErrorForEverybodyHoldsNoData() {
        let error = #expect(throws: UndecodableEvent.self) { try decode(#"{"id":"secret"}"#) }
        #expect(error?.description.contains("secret") == false)
    }

    @Test func whatJSONOrPostgresCannotHoldIsNotEncoded() {
        var sample = Sample()
        sample.ratio = .infinity
        #expect(throws: EncodingError.self) { try EventCoding.encode(sample) }
        sample = Sample()
        sample.zeta = "a\0b"
        #expect(throws: EncodingError.self) { try EventCoding.encode(sample) }
    }

    @Test func keysHaveTheirPartitionsForGood() {
        // The check value of CRC-32/ISO-HDLC is 0xCBF43926, 3,421,780,262.
        #expect(PartitionNumber(key: "123456789", of: 1000).rawValue == 262)
        #expect(PartitionNumber(key: "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60", of: 4) == 0)
        #expect(PartitionNumber(key: "0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f", of: 4) == 1)
        #expect(PartitionNumber(key: "123456789", of: 4) == 2)
        #expect(PartitionNumber(key: "é", of: 4) == 2)
        #expect(PartitionNumber(key: "", of: 4) == 0)
    }
}
