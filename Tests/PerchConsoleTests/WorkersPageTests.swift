import HTTPTesting
import PerchTesting
import Testing

@Suite struct WorkersPageTests {
    @Test func aWorkerIsThereWhileItRunsAndAfterwardsItIsToldSinceWhenItIsGone() async throws {
        try await withConsole { console in
            #expect(try await console.client.get("/workers").words.contains("No worker runs."))
            try await console.running {
                try await eventually("the worker holds the partitions") {
                    let page = try await console.client.get("/workers?group=shipping")
                    return page.words.contains("orders:0") && page.words.contains("live")
                }
                let other = try await console.client.get("/workers?group=billing")
                #expect(!other.words.contains("orders:0"))
            }
            try await eventually("it is gone") {
                try await console.client.get("/workers").words.contains("gone since")
            }
        }
    }
}
