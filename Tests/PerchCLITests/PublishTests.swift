import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Events that operators publish, on real servers.
@Suite(.serialized) struct PublishTests {
    @Test func anEventThatIsNotAsTheContractSaysIsNotPublished() async throws {
        try await withShop { shop in
            let cases: [(type: EventType, key: String, data: String, says: String)] = [
                ("order_conted", "a", #"{"order":"a","count":1}"#, "Did you mean order_counted?"),
                ("order_counted", "a", #"{"order":"a"}"#, "count: expected"),
                ("order_counted", "a", #"{"order":"b","count":1}"#, "the key is a"),
                ("order_counted", "a", "no json", "JSON"),
            ]
            for (type, key, data, says) in cases {
                await #expect("\(says)") {
                    try await shop.publications
                        .publish(Samples.orders, type, key: key, data: Array(data.utf8), by: "ann")
                } throws: { ($0 as? OperationRefused)?.sentences.contains(says) == true }
            }
            let waiting = try await shop.status.topics()[0].waiting
            #expect(waiting == 0)
        }
    }
}
