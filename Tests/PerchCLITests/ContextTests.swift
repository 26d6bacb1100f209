import ArgumentParser
import Foundation
import OperatorSettings
import PerchOperating
import Postgres
import Testing

/// What a context of the config file says beside the addresses: owners of schemas, a tint, the console's settings.
struct ContextTests {
    private static let production = """
        current: production
        contexts:
          production:
            owners:
              shop: postgresql://shop_owner:s3cret@db/shop
            tint: red
            console:
              port: 8443
              public_url: https://perch.example.com
              issuer: https://login.example.com
              client_id: perch
              client_secret_file: /etc/perch/secret
              role_claim: groups
              roles: {admin: [admins], operator: [support, duty], viewer: [staff]}
          staging: {redis: "redis://staging:6379"}
        """

    private func opened(_ text: String, _ arguments: String...) throws -> ChosenSystem {
        let root = NSTemporaryDirectory() + "perch-contexts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root + "/streams", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let topic = """
            owner: shop
            key: order
            partitions: 4
            retention: {age: 7d, entries: 1000}
            archive: forever
            groups: [shipping]
            events: {order_counted: {versions: {1: {fields: {order: {type: string}}}}}}

            """
        try topic.write(toFile: root + "/streams/orders.yaml", atomically: true, encoding: .utf8)
        try text.write(toFile: root + "/config.yaml", atomically: true, encoding: .utf8)
        let environment = ["PERCH_CONFIG": root + "/config.yaml", "STREAMS_DIR": root + "/streams"]
        return try ConnectionOptions.parse(arguments).opened(environment: environment)
    }

    @Test func whatItSaysIsGivenToTheProgramWithItsName() throws {
        let chosen = try opened(Self.production)
        let context = try #require(chosen.context)
        #expect(context.name == "production" && context.tint == .red)
        #expect(chosen.owners.keys.sorted() == ["shop"])
        #expect(chosen.owners["shop"]?.description.contains("db") == true)
        #expect(chosen.connections.databases.isEmpty, "an owner's role is for changes of partitions only")
        let console = context.console
        #expect(console.port == 8443 && console.publicURL == "https://perch.example.com")
        #expect(console.issuer == "https://login.example.com" && console.clientID == "perch")
        #expect(console.clientSecretFile == "/etc/perch/secret" && console.roleClaim == "groups")
        #expect(console.roles.admin == ["admins"] && console.roles.operator == ["support", "duty"])
        #expect(console.roles.viewer == ["staff"])
    }

    @Test func whatItDoesNotSayIsNotKnown() throws {
        let chosen = try opened(Self.production, "--context", "staging")
        let context = try #require(chosen.context)
        #expect(context.name == "staging" && context.tint == nil && chosen.owners.isEmpty)
        #expect(context.console.port == nil && context.console.issuer == nil && context.console.roles.admin.isEmpty)
    }

    @Test func whatIsWrongInItIsNamedAndNoSecretIsRepeated() throws {
        let cases: [(find: String, put: String, says: String)] = [
            ("tint: red", "tint: redd", "tint: expected red, amber, green, blue in a context; did you mean `red`?"),
            ("tint:", "tnt:", "got `tnt`; did you mean `tint`?"),
            ("port: 8443", "port: 0", "expected 1 to 65535 as port"),
            ("port: 8443", "port: many", "expected 1 to 65535 as port"),
            ("issuer:", "isuer:", "in console:; got `isuer`; did you mean `issuer`?"),
            ("viewer:", "viewers:", "in roles:; got `viewers`; did you mean `viewer`?"),
            ("shop: postgresql", "shp: postgresql", "got `shp`; did you mean `shop`?"),
            ("@db/shop", "@db:99999/shop", "the address of a database cannot be used"),
            ("roles: {", "roles: [{", "config.yaml:"), ("admin: [admins]", "admin: admins", "expected `contexts:`"),
        ]
        for (find, put, says) in cases {
            let error = #expect(throws: SettingProblem.self) {
                try opened(Self.production.replacing(find, with: put))
            }
            let message = error?.description ?? ""
            #expect(message.contains(says), "\(put): \(message)")
            #expect(!message.contains("s3cret"), "\(message)")
        }
    }
}
