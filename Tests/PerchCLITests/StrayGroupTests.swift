import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Testing

@testable import PerchCLI

@Suite struct StrayGroupTests {
    @Test func theDoctorNamesGroupsInRedisThatTheContractDoesNotDeclare() async throws {
        try await withShop { shop in
            #expect(try await strays(shop) == [], "streams that are not there yet have none")
            for (partition, group) in [(0, "shipping"), (0, "lab"), (2, "lab"), (3, "mialer")] {
                try shop.system.redis.cli("XGROUP", "CREATE", "orders:\(partition)", group, "0", "MKSTREAM")
            }
            #expect(
                try await strays(shop) == [
                    "Redis has groups that the contract does not declare: lab (on 2 of 4 partitions), mialer (on 1 of 4 partitions)"
                ]
            )
        }
    }

    private func strays(_ shop: Shop) async throws -> [String] {
        try await shop.diagnosis.findings().filter { $0.severity == .warning && $0.code == "groups-undeclared" }
            .map { FindingText($0.finding).message }
    }
}
