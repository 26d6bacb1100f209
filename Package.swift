// swift-tools-version: 6.2
import PackageDescription

// CI builds with PERCH_WARNINGS_AS_ERRORS=1; a user's build is not stopped by a newer compiler's warning.
let strict = Context.environment["PERCH_WARNINGS_AS_ERRORS"] == "1"

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

// What only programs need is fetched only for them.
let programs = TargetDependencyCondition.when(traits: ["Programs"])

let package = Package(
    name: "perch",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Perch", targets: ["Perch"]),
        .library(name: "PerchOperating", targets: ["PerchOperating"]),
        .library(name: "PerchMetrics", targets: ["PerchMetrics"]),
        .library(name: "PerchTesting", targets: ["PerchTesting"]),
        .library(name: "LocalServers", targets: ["LocalServers"]),
        .library(name: "PerchConsole", targets: ["PerchConsole"]),
        .library(name: "Redis", targets: ["Redis"]),
        .library(name: "Postgres", targets: ["Postgres"]),
        .executable(name: "perch", targets: ["PerchCLI"]),
        .executable(name: "perch-console", targets: ["perch-console"]),
        .executable(name: "popug", targets: ["PopugCLI"]),
        .executable(name: "perch-simulate", targets: ["perch-simulate"]),
        .executable(name: "perch-bench", targets: ["PerchBench"]),
        .executable(name: "perch-bench-baseline", targets: ["PerchBenchBaseline"]),
    ],
    traits: [
        .default(enabledTraits: ["Programs"]),
        .trait(
            name: "Programs",
            description: """
                The programs: perch, popug with its services, the bench. Who only uses the libraries says `traits: []`, and fetches \
                no HTTP server and nothing else that only programs need.
                """
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        // Without its own ways to read settings and to serve files.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Programs
        .executableTarget(
            name: "PerchCLI",
            dependencies: [
                "OperatorSettings", "Perch", "PerchDocuments", "PerchOperating", "Postgres", "StrictJSON",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
            ],
            path: "Sources/Programs/perch",
            swiftSettings: settings
        ),
        // Where a system is: the flags, variables and config file that programs for operators have in common.
        .target(
            name: "OperatorSettings",
            dependencies: [
                "Perch", "PerchOperating", "Postgres", "Redis", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
            ],
            path: "Sources/Programs/OperatorSettings",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "perch-console",
            dependencies: [
                "OperatorSettings", "Perch", "PerchConsole", "PerchOperating",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Programs/perch-console",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "PopugCLI",
            dependencies: [
                "Accounting", "Analytics", "Auth", "HTTPKit", "LocalServers", "Perch", "PerchConsole", "PerchMetrics",
                "PerchOperating", "PopugEvents", "Postgres", "Redis", "ServiceKit", "Tracker",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Programs/popug",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "perch-simulate",
            dependencies: ["PerchSimulation"],
            path: "Sources/Programs/perch-simulate",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "PerchBench",
            dependencies: [
                "LocalServers", "Perch", "Postgres", "Redis",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
                .product(name: "Histogram", package: "hdrhistogram-swift", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            path: "Sources/Programs/perch-bench",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "PerchBenchBaseline",
            dependencies: ["CHiredis", "CLibPQ"],
            path: "Sources/Programs/perch-bench-baseline",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("hiredis"), .linkedLibrary("pq")]
        ),

        // Popug: the task exchange
        .target(
            name: "Auth",
            dependencies: [
                "Executors", "HTTPKit", "OpenSSL", "PageKit", "Perch", "PopugEvents", "Postgres", "ServiceKit",
                "StrictJSON", "Yams",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Popug/Auth",
            swiftSettings: settings
        ),
        .target(
            name: "Tracker",
            dependencies: [
                "PageKit", "Perch", "PopugEvents", "Postgres", "ServiceKit",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Popug/Tracker",
            swiftSettings: settings
        ),
        .target(
            name: "Accounting",
            dependencies: [
                "OpenSSL", "PageKit", "Perch", "PopugEvents", "Postgres", "SMTP", "ServiceKit",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Popug/Accounting",
            swiftSettings: settings
        ),
        .target(
            name: "Analytics",
            dependencies: [
                "PageKit", "Perch", "PopugEvents", "Postgres", "ServiceKit",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
            ],
            path: "Sources/Popug/Analytics",
            swiftSettings: settings
        ),
        .target(
            name: "ServiceKit",
            dependencies: [
                "Executors", "HTTPKit", "OpenSSL", "PageKit", "Perch", "PerchMetrics", "PerchOperating", "PopugEvents",
                "Postgres", "Redis", "StrictJSON", "Yams",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Sources/Popug/ServiceKit",
            swiftSettings: settings
        ),
        .target(
            name: "PopugEvents",
            dependencies: ["Perch"],
            path: "Sources/Popug/PopugEvents",
            swiftSettings: settings
        ),

        // Web: what any program that answers HTTP needs. It knows neither Perch nor popug.
        .target(
            name: "HTTPKit",
            dependencies: [
                "Executors", "OpenSSL", "StrictJSON",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: programs),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Web/HTTPKit",
            swiftSettings: settings
        ),
        // What pages for people are made of. Templates, style sheet and script are part of the program.
        .target(
            name: "PageKit",
            dependencies: [
                "HTTPKit", "OpenSSL", "StrictJSON", "Times",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Web/PageKit",
            resources: [.embedInCode("Assets/Files"), .embedInCode("Templates/Files")],
            swiftSettings: settings
        ),
        // The console of operators: pages over what PerchOperating knows.
        .target(
            name: "PerchConsole",
            dependencies: [
                "HTTPKit", "OpenSSL", "PageKit", "Perch", "PerchContract", "PerchDocuments", "PerchOperating",
                "PerchProtocol", "Postgres", "StrictJSON", "Times",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Web/PerchConsole",
            swiftSettings: settings
        ),

        // Library: the worker system
        .target(
            name: "PerchTesting",
            dependencies: [
                "Executors", "LocalServers", "Perch", "PerchProtocol", "Postgres", "Redis",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Library/PerchTesting",
            swiftSettings: settings
        ),
        // Perch's metrics as a page that Prometheus reads, for whatever answers HTTP.
        .target(
            name: "PerchMetrics",
            dependencies: [
                "Executors", "Perch", "PerchOperating",
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            path: "Sources/Library/PerchMetrics",
            swiftSettings: settings
        ),
        // What programs for operators say alike: JSON documents, and the words for a group's state.
        .target(
            name: "PerchDocuments",
            dependencies: ["Perch", "PerchOperating", "StrictJSON", "Times"],
            path: "Sources/Library/PerchDocuments",
            swiftSettings: settings
        ),
        // For those who operate a system: what its servers know of it, and changes to it.
        .target(
            name: "PerchOperating",
            dependencies: ["Executors", "Perch", "PerchProtocol", "Postgres", "Redis", "StrictJSON"],
            path: "Sources/Library/PerchOperating",
            swiftSettings: settings
        ),
        .target(
            name: "Perch",
            dependencies: [
                "Executors", "PerchContract", "PerchProtocol", "Postgres", "Redis", "StrictJSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Library/Perch",
            // For people: what all the migrations together give.
            exclude: ["Schema/current.sql"],
            swiftSettings: settings
        ),
        .target(
            name: "PerchSimulation",
            dependencies: [
                "Executors", "Perch", "PerchContract", "PerchProtocol", "Postgres", "Redis",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Library/PerchSimulation",
            exclude: ["Model", "README.md"],
            swiftSettings: settings
        ),
        .target(name: "LocalServers", path: "Sources/Library/LocalServers", swiftSettings: settings),
        // The contract: its files, what is checked against it, typed events and their coding.
        .target(
            name: "PerchContract",
            dependencies: ["PerchProtocol", "StrictJSON", "Yams"],
            path: "Sources/Library/PerchContract",
            swiftSettings: settings
        ),
        .target(name: "PerchProtocol", path: "Sources/Library/PerchProtocol", swiftSettings: settings),
        // Times are written as `Timestamp` writes them.
        .target(
            name: "StrictJSON",
            dependencies: ["Times"],
            path: "Sources/Library/StrictJSON",
            swiftSettings: settings
        ),

        // Connections
        .target(
            name: "Redis",
            dependencies: ["CHiredis", "COpenSSL", "Executors"],
            path: "Sources/Connections/Redis",
            swiftSettings: settings
        ),
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", "Executors", "Times"],
            path: "Sources/Connections/Postgres",
            swiftSettings: settings
        ),
        // Hashes, signatures, passwords: what the task exchange needs of the library that libpq brings along. Redis takes TLS of it.
        .target(
            name: "OpenSSL",
            dependencies: ["COpenSSL"],
            path: "Sources/Connections/OpenSSL",
            swiftSettings: settings
        ),
        // Mail, for the task exchange alone: who uses the libraries needs no libcurl.
        .target(
            name: "SMTP",
            dependencies: ["CCurl"],
            path: "Sources/Connections/SMTP",
            swiftSettings: settings
        ),
        .target(name: "Executors", path: "Sources/Connections/Executors", swiftSettings: settings),
        // Points in time and days, as Postgres and JSON have them alike.
        .target(name: "Times", path: "Sources/Connections/Times", swiftSettings: settings),
        .systemLibrary(
            name: "CHiredis",
            path: "Sources/Connections/CHiredis",
            pkgConfig: "hiredis",
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]
        ),
        // Of OpenSSL's flavour: Redis and Postgres bring OpenSSL along.
        .systemLibrary(
            name: "CCurl",
            path: "Sources/Connections/CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .systemLibrary(
            name: "CLibPQ",
            path: "Sources/Connections/CLibPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            path: "Sources/Connections/COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),

        // Tests
        .testTarget(name: "RedisTests", dependencies: ["Executors", "LocalServers", "Redis"], swiftSettings: settings),
        .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL"], swiftSettings: settings),
        // A mail server of others, for SMTPTests and AccountingTests.
        .target(
            name: "MailTesting",
            dependencies: ["LocalServers", "PerchTesting"],
            path: "Tests/MailTesting",
            exclude: ["server.py"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SMTPTests",
            dependencies: ["Executors", "LocalServers", "MailTesting", "SMTP"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["Executors", "LocalServers", "Postgres"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PerchProtocolTests",
            dependencies: ["PerchProtocol", "PerchSimulation"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "Executors", "LocalServers", "Perch", "PerchContract", "PerchProtocol", "PerchSimulation", "Postgres",
                "Redis",
            ],
            swiftSettings: settings
        ),
        // A worker that dies of an event, for PerchTests.
        .executableTarget(
            name: "killing-worker",
            dependencies: [
                "Perch", "Postgres", "Redis", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/KillingWorker",
            swiftSettings: settings
        ),
        // Schedules whose process dies between handler and COMMIT, for PerchTests.
        .executableTarget(
            name: "ticking-scheduler",
            dependencies: ["Perch", "Postgres", .product(name: "Logging", package: "swift-log")],
            path: "Tests/TickingScheduler",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PerchTests",
            dependencies: [
                "killing-worker", "ticking-scheduler", "LocalServers", "Perch", "PerchContract", "PerchOperating",
                "PerchProtocol",
                "PerchTesting", "Postgres", "Redis", "StrictJSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PerchCLITests",
            dependencies: [
                "LocalServers", "OperatorSettings", "Perch", "PerchCLI", "PerchDocuments", "PerchOperating",
                "PerchTesting", "Postgres", "Redis",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: programs),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PopugEventsTests",
            dependencies: ["Perch", "PopugEvents"],
            resources: [.copy("Samples")],
            swiftSettings: settings
        ),
        // What the tests of HTTP share: others that are asked over HTTP.
        .target(
            name: "HTTPTesting",
            dependencies: [
                "HTTPKit", "OpenSSL",
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "NIOPosix", package: "swift-nio", condition: programs),
            ],
            path: "Tests/HTTPTesting",
            swiftSettings: settings
        ),
        .testTarget(
            name: "PerchMetricsTests",
            dependencies: [
                "LocalServers", "Perch", "PerchMetrics", "PerchOperating", "PerchTesting", "Postgres", "Redis",
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HTTPKitTests",
            dependencies: [
                "HTTPKit", "HTTPTesting", "OpenSSL",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PageKitTests",
            dependencies: [
                "HTTPKit", "HTTPTesting", "OpenSSL", "PageKit", "StrictJSON", "Times",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PerchConsoleTests",
            dependencies: [
                "HTTPKit", "HTTPTesting", "LocalServers", "PageKit", "Perch", "PerchConsole", "PerchOperating",
                "PerchTesting",
                "Postgres", "Redis",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        // The page of all components, served for ops/check-pages and for whoever changes one.
        .executableTarget(
            name: "page-styleguide",
            dependencies: [
                "HTTPKit", "PageKit",
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/PageStyleguide",
            swiftSettings: settings
        ),
        // Systems in several states with a console each, for ops/check-pages and for whoever works on a page.
        .executableTarget(
            name: "console-stage",
            dependencies: [
                "LocalServers", "Perch", "PerchConsole", "PerchOperating", "Postgres", "Redis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/ConsoleStage",
            swiftSettings: settings
        ),
        // A page behind a login, served for ops/check-login.
        .executableTarget(
            name: "page-login",
            dependencies: [
                "HTTPKit", "PageKit",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/PageLogin",
            swiftSettings: settings
        ),
        // What the tests of the services share: people with tokens who call an API.
        .target(
            name: "ServiceTesting",
            dependencies: [
                "HTTPKit", "HTTPTesting", "LocalServers", "OpenSSL", "PageKit", "Perch", "PopugEvents", "Postgres",
                "ServiceKit", "StrictJSON",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: programs),
                .product(name: "NIOPosix", package: "swift-nio", condition: programs),
            ],
            path: "Tests/ServiceTesting",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ServiceKitTests",
            dependencies: [
                "HTTPKit", "HTTPTesting", "LocalServers", "OpenSSL", "PageKit", "Perch", "PerchMetrics",
                "PerchOperating", "PerchTesting", "PopugEvents", "Postgres", "Redis", "ServiceKit", "ServiceTesting",
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AuthTests",
            dependencies: [
                "Auth", "HTTPKit", "HTTPTesting", "LocalServers", "OpenSSL", "PageKit", "Perch", "PerchTesting",
                "PopugEvents", "Postgres", "ServiceKit", "ServiceTesting", "StrictJSON",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Hummingbird", package: "hummingbird", condition: programs),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TrackerTests",
            dependencies: [
                "HTTPTesting", "LocalServers", "PageKit", "Perch", "PerchTesting", "PopugEvents", "Postgres",
                "ServiceKit",
                "ServiceTesting", "Tracker",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AccountingTests",
            dependencies: [
                "Accounting", "HTTPTesting", "LocalServers", "MailTesting", "PageKit", "Perch", "PerchTesting",
                "PopugEvents", "Postgres", "ServiceKit", "ServiceTesting",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnalyticsTests",
            dependencies: [
                "Accounting", "Analytics", "HTTPTesting", "LocalServers", "PageKit", "Perch", "PerchOperating",
                "PerchTesting", "PopugEvents", "Postgres", "Redis", "ServiceKit", "ServiceTesting",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        // The four services side by side, as their clients meet them.
        .testTarget(
            name: "PopugTests",
            dependencies: [
                "Accounting", "Analytics", "Auth", "HTTPKit", "LocalServers", "OpenSSL", "Perch", "PerchMetrics",
                "PerchTesting", "PopugEvents", "Postgres", "ServiceKit", "ServiceTesting", "StrictJSON", "Tracker",
                .product(name: "HTTPTypes", package: "swift-http-types", condition: programs),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: programs),
                .product(name: "NIOPosix", package: "swift-nio", condition: programs),
            ],
            swiftSettings: settings
        ),
        // Real processes, psql and redis-cli: no code of the system is linked in. PopugCLI is there to be built.
        .testTarget(
            name: "SystemTests",
            dependencies: ["LocalServers", "PopugCLI"],
            exclude: ["check.py"],
            swiftSettings: settings
        ),
    ]
)
