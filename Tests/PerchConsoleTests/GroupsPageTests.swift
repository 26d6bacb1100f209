import PerchTesting
import Testing

@Suite struct GroupsPageTests {
    @Test func itTellsHowFarEachGroupIs() async throws {
        try await withConsole { console in
            try await console.publish(7)
            try await console.running {
                try await eventually("shipping is at the end, and billing is not there") {
                    let page = try await console.client.get("/groups").body
                    return page.contains("data-live=\"groups/shipping/orders/lag\">0<") && page.contains("billing")
                }
            }
        }
    }

    @Test func aFieldThatItDoesNotHaveIsTold() async throws {
        try await withConsole { console in
            let answer = try await console.client.get("/groups?gruop=shipping")
            #expect(answer.status == 400 && answer.body.contains("gruop"))
        }
    }
}
