import OperatorSettings

/// The files of a new service's package.
struct NewPackage {
    /// The service, its group, its program and its package.
    let name: String
    /// Where Perch is, as the manifest says it.
    let perch: String

    /// Names of targets and packages that are taken.
    static let taken = ["dev", "perch", "service"]

    static func isName(_ name: String) -> Bool {
        let words = name.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "_" }
        let isSound = words.allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
        return isSound && name.first?.isLetter == true && name.count <= 50 && !taken.contains(name)
    }

    /// As `perch` looks for it.
    var databaseVariable: String {
        String(name.uppercased().map { $0 == "-" ? "_" : $0 }) + "_DATABASE_URL"
    }

    /// By path within the package.
    var files: [(path: String, text: String)] {
        [
            ("Package.swift", manifest), (".gitignore", ".build/\n"), ("README.md", readme),
            ("streams/orders.yaml", contract), ("Sources/Service/OrderPlaced.swift", event),
            ("Sources/Service/BookRevenue.swift", handler), ("Sources/Service/Service.swift", service),
            ("Sources/\(name)/main.swift", program), ("Sources/dev/main.swift", dev),
            ("Tests/ServiceTests/ServiceTests.swift", tests),
        ]
    }

    private var literalOfPerch: String {
        var text = ""
        for character in perch {
            if character == "\\" || character == "\"" { text += "\\" }
            text.append(character)
        }
        return text
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let perch: [Target.Dependency] = [
            .product(name: "Perch", package: "perch"), .product(name: "Postgres", package: "perch"),
            .product(name: "Redis", package: "perch"), .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
        let servers: [Target.Dependency] = [
            .product(name: "LocalServers", package: "perch"), .product(name: "PerchTesting", package: "perch"),
        ]

        let package = Package(
            name: "\(name)",
            platforms: [.macOS(.v15)],
            dependencies: [
                // The libraries alone, without what only Perch's own programs need.
                .package(name: "perch", path: "\(literalOfPerch)", traits: []),
                .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
                .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
            ],
            targets: [
                .target(name: "Service", dependencies: perch),
                .executableTarget(name: "\(name)", dependencies: ["Service"] + perch),
                // The same on private servers, to try it out.
                .executableTarget(name: "dev", dependencies: ["Service"] + perch + servers),
                .testTarget(name: "ServiceTests", dependencies: ["Service"] + perch + servers),
            ]
        )

        """
    }

    private var contract: String {
        """
        # What is published to the topic `orders`, by whom, and who reads it.
        owner: \(name)
        key: order_id
        partitions: 4
        retention: {age: 7d}
        archive: forever
        groups: [\(name)]
        events:
          order_placed:
            versions:
              1:
                fields:
                  order_id: {type: string}
                  cents: {type: integer, minimum: 1}

        """
    }

    private var readme: String {
        """
        # \(name)

        A service on Perch: it places orders, and books each of them once.

            swift test          # on a private Redis and Postgres
            swift run dev       # the service on private servers, with an order every second; Ctrl-C ends all of it

        For good, with servers of your own (the database as the role that owns its tables):

            export REDIS_URL=redis://127.0.0.1:6379 \(databaseVariable)=postgresql:///\(name)
            swift run \(name)
            perch groups        # the operator's tool takes the same settings

        | file | holds |
        | --- | --- |
        | `streams/orders.yaml` | the contract: the topic and its events |
        | `Sources/Service/OrderPlaced.swift` | the event |
        | `Sources/Service/BookRevenue.swift` | the handler |
        | `Sources/Service/Service.swift` | tables, publishing, relay and workers |
        | `Tests/ServiceTests` | the handler however its events come, and the whole service |

        """
    }
}
