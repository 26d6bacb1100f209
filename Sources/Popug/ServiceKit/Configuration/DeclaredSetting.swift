import Perch

/// A setting as its owner declares it to those who load settings: its name, and what its texts have to be.
public struct DeclaredSetting: Sendable {
    let name: SettingName
    let problem: @Sendable (_ text: String, _ source: String) -> SettingProblem?

    /// Any setting.
    public init(_ setting: Setting<some Sendable>) {
        name = setting.name
        problem = { setting.problem(of: $0, from: $1) }
    }

    /// What the programs of all services have.
    public static let shared: [DeclaredSetting] =
        [
            .init(.redisURL), .init(.relayRedisURL), .init(.redisNamespace), .init(.streamsDirectory), .init(.httpHost),
            .init(.trustedProxies), .init(.httpConnections), .init(.logLevel), .init(.logFormat), .init(.lease),
            .init(.batchSize), .init(.issuer), .init(.issuerInternally),
        ] + PopugPlaces.Program.allCases.filter { $0 != .auth }.map { .init(.publicURL(of: $0.rawValue)) }
}
