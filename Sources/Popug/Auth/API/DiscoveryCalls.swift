import HTTPKit
import HTTPTypes
import ServiceKit

extension Auth {
    static func keysCall(_ keys: SigningKeys) -> APICall {
        APICall(
            .get,
            "/.well-known/jwks.json",
            "The public keys that verify access tokens.",
            access: .anyone,
            answer: .json(keySetSchema, "A JSON Web Key Set. A key is in it at least 10 minutes before it signs.")
        ) { _ in
            // As long as services keep it themselves.
            let seconds = Int(JWKSCache.timeToLive / .seconds(1))
            return try await .json(keys.published(), headers: [.cacheControl: "public, max-age=\(seconds)"])
        }
    }

    /// What clients of OAuth and OpenID look up. It names what there is, and no more.
    ///
    /// [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)
    static func discoveryCall(_ issuer: Issuer) -> APICall {
        let document = ProviderMetadata(
            issuer: issuer.description,
            authorizationEndpoint: issuer.url("/oauth/authorize"),
            tokenEndpoint: issuer.url("/oauth/token"),
            revocationEndpoint: issuer.url("/oauth/revoke"),
            endSessionEndpoint: issuer.url("/oauth/logout"),
            keySet: issuer.url("/.well-known/jwks.json")
        )
        return APICall(
            .get,
            "/.well-known/openid-configuration",
            "Where to find what a client of OAuth needs.",
            access: .anyone,
            answer: .json(ProviderMetadata.schema, "The metadata of auth as a provider.")
        ) { _ in
            try .json(document, headers: [.cacheControl: "public, max-age=3600"])
        }
    }

    private static let keySetSchema = Schema.object(
        "KeySet",
        [
            .required(
                "keys",
                .array(
                    .object(
                        "Key",
                        [
                            .required("kty", .choice(["OKP"])), .required("crv", .choice(["Ed25519"])),
                            .required("alg", .choice([AccessToken.algorithm])), .required("use", .choice(["sig"])),
                            .required("kid", .string(length: 1...64)), .required("x", .string(length: 43...43)),
                        ]
                    )
                )
            )
        ]
    )
}
