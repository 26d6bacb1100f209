// swift-tools-version: 6.2
import PackageDescription

let perch: [Target.Dependency] = [
    .product(name: "Perch", package: "perch"), .product(name: "Postgres", package: "perch"),
    .product(name: "Redis", package: "perch"), .product(name: "Logging", package: "swift-log"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let servers: [Target.Dependency] = [.product(name: "LocalServers", package: "perch")]
let kit: [Target.Dependency] = [.product(name: "PerchTesting", package: "perch")]

let package = Package(
    name: "shop",
    platforms: [.macOS(.v15)],
    dependencies: [
        // The libraries alone, without what only Perch's own programs need.
        .package(name: "perch", path: "../..", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "Events", dependencies: perch),
        .target(name: "ShopService", dependencies: ["Events"] + perch),
        .target(name: "BillingService", dependencies: ["Events"] + perch),
        .executableTarget(name: "shop", dependencies: ["Events", "ShopService"] + perch),
        .executableTarget(name: "billing", dependencies: ["BillingService"] + perch),
        .executableTarget(name: "servers", dependencies: servers),
        .testTarget(name: "ShopTests", dependencies: ["Events", "ShopService", "BillingService"] + perch + kit),
    ]
)
