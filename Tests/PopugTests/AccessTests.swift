import HTTPTypes
import ServiceKit
import ServiceTesting
import Testing

@Suite("every role against every call") struct AccessTests {
    @Test(arguments: ServiceName.allCases)
    func eachRoleIsAnsweredAsTheTableSays(_ service: ServiceName) async throws {
        let scene = try await Scene(service)
        try await withAPI(scene.api) { client in
            for row in AccessTable.rows(of: service) {
                for (who, status) in row.cells {
                    let sent = try await row.prepare(scene, client)
                    let answer = try await client.call(
                        row.method,
                        sent.path,
                        as: scene.caller(who),
                        body: sent.body,
                        mediaType: sent.mediaType
                    )
                    #expect(answer.status == status, "\(row.name) as \(who): \(answer.text)")
                    if status >= 400 { #expect(answer.problem != nil, "\(row.name) as \(who)") }
                }
            }
        }
    }

    /// A new call needs a row, and a row needs its call.
    @Test(arguments: ServiceName.allCases)
    func theTableHasEveryCallOnce(_ service: ServiceName) async throws {
        let served =
            try await Scene(service).api.calls.map { "\($0.method.rawValue) \($0.path)" } + ["GET /openapi.json"]
        #expect(AccessTable.rows(of: service).map(\.name).sorted() == served.sorted())
    }

    @Test(arguments: ServiceName.allCases) func noCellIsLeftOut(_ service: ServiceName) {
        for row in AccessTable.rows(of: service) {
            #expect(row.cells.count >= Who.allCases.count - 1, "\(row.name)")
        }
    }
}
