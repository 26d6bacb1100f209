import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit

extension Auth {
    /// What an admin does with the accounts of others.
    static func accountCalls(_ users: Users, _ provider: Provider) -> [APICall] {
        let database = provider.database
        let id = Parameter<UUID>.path("user_id", "The user.")
        return [
            APICall(
                .post,
                "/v1/users/{user_id}/disable",
                "Keep a user out: it cannot log in, and its sessions are ended. Access tokens live on for up to 15 minutes.",
                access: .roles(.admin),
                parameters: [id.description],
                answer: .json(UserAnswer.schema, "The user; the same again for one that is disabled already."),
                problems: [.notFound, .ownAccount]
            ) { request in
                let user = try request.require(id)
                guard user != (try request.user).id else {
                    throw Problem(.ownAccount, "another admin can disable you, and the command popug auth disable-user")
                }
                let disabled = try await users.disable(user, in: database)
                await provider.awaitTelling(ofEndsOf: user)
                return try .json(UserAnswer(disabled))
            },
            APICall(
                .post,
                "/v1/users/{user_id}/enable",
                "Let a user log in again who was disabled.",
                access: .roles(.admin),
                parameters: [id.description],
                answer: .json(UserAnswer.schema, "The user; the same again for one that is not disabled."),
                problems: [.notFound]
            ) { request in
                try .json(UserAnswer(await users.enable(try request.require(id), in: database)))
            },
            APICall(
                .post,
                "/v1/users/{user_id}/end-sessions",
                "End all sessions of a user. Access tokens live on for up to 15 minutes.",
                access: .roles(.admin),
                parameters: [id.description],
                answer: .json(endedSchema, "How many sessions were ended."),
                problems: [.notFound]
            ) { request in
                let user = try request.require(id)
                let ended = try await users.endSessions(of: user, in: database)
                await provider.awaitTelling(ofEndsOf: user)
                return try .json(["ended": ended])
            },
            APICall(
                .post,
                "/v1/users/{user_id}/password",
                "Give a user another password, and end all its sessions.",
                access: .roles(.admin),
                parameters: [id.description],
                body: .json(.object("Password", [.required("password", .string(.password, length: 8...256))])),
                answer: .json(endedSchema, "How many sessions were ended."),
                problems: [.notFound, .tooManyRequests]
            ) { request in
                let body = try request.body(PasswordBody.self)
                let user = try request.require(id)
                let ended = try await users.setPassword(
                    body.password,
                    of: user,
                    for: PasswordClient(request),
                    in: database
                )
                await provider.awaitTelling(ofEndsOf: user)
                return try .json(["ended": ended])
            },
        ]
    }

    /// What everybody does with the own account.
    static func passwordCall(_ provider: Provider) -> APICall {
        APICall(
            .post,
            "/v1/users/me/password",
            "Change the own password: all sessions are ended, and a new one begins.",
            access: .anyUser,
            body: .json(PasswordChange.schema),
            answer: .json(.created, TokenAnswer.schema, "The tokens of the new session."),
            problems: [.wrongCredentials, .tooManyRequests]
        ) { request in
            let change = try request.body(PasswordChange.self)
            let user = try request.user.id
            let tokens = try await provider.logins.changePassword(
                of: user,
                from: change.oldPassword,
                to: change.newPassword,
                at: LoginAddress(request.address)
            )
            await provider.awaitTelling(ofEndsOf: user)
            return try .json(TokenAnswer(tokens))
        }
    }

    private static let endedSchema = Schema.object(
        "EndedSessions",
        [.required("ended", .integer(in: 0 ... .max))]
    )
}

private struct PasswordBody: Decodable {
    let password: String
}

/// What a client sends to change the own password.
private struct PasswordChange: Decodable {
    let oldPassword: String
    let newPassword: String

    enum CodingKeys: String, CodingKey {
        case oldPassword = "old_password"
        case newPassword = "new_password"
    }

    static let schema = Schema.object(
        "PasswordChange",
        [
            .required("old_password", .string(.password, length: 1...256)),
            .required("new_password", .string(.password, length: 8...256)),
        ]
    )
}

extension PasswordClient {
    /// Whoever makes a call, known by the token.
    init(_ request: APIRequest) throws {
        self.init(
            address: LoginAddress(request.address).description,
            account: try request.user.id.uuidString,
            isKnown: true
        )
    }
}
