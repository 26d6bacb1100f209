import Logging
import Perch
import PerchConsole
import PerchOperating
import Testing

@Suite struct ConsoleIssuerTests {
    private static func issuer() -> ConsoleIssuer {
        var issuer = ConsoleIssuer(
            issuer: "https://login.example.com",
            clientID: "perch",
            publicURL: "https://perch.example.com"
        )
        (issuer.admins, issuer.operators, issuer.viewers) = (["sre"], ["support", "duty"], ["staff"])
        return issuer
    }

    @Test(arguments: [
        (["staff"], Role.viewer), (["staff", "duty"], .operator), (["sre", "staff"], .admin), ([], nil), (["SRE"], nil),
        (["admin"], nil),
    ])
    func theHighestRoleCounts(values: [String], role: Role?) {
        #expect(Self.issuer().role(of: values) == role)
    }

    @Test func withoutAnIssuerItServesThisMachineOnly() throws {
        var settings = ConsoleSettings(
            connections: SystemConnections(contract: .init(topics: []), redis: nil, databases: [:]),
            context: "test",
            operatorName: "ann"
        )
        settings.host = "0.0.0.0"
        let error = #expect(throws: InvalidConsoleSetting.self) {
            try PerchConsole(settings, logger: Logger(label: "test"))
        }
        #expect(error?.description.contains("Set issuer") == true)
        settings.issuer = Self.issuer()
        _ = try PerchConsole(settings, logger: Logger(label: "test"))
        settings.issuer?.issuer = "http://login.example.com"
        #expect(throws: InvalidConsoleSetting.self) { try PerchConsole(settings, logger: Logger(label: "test")) }
    }
}
