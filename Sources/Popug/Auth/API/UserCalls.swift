import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit

extension Auth {
    static func userCalls(_ users: Users, _ database: Database) -> [APICall] {
        [
            APICall(
                .post,
                "/v1/users",
                "Add a user, and tell the other services of it.",
                access: .roles(.admin),
                body: .json(NewUserBody.schema),
                answer: .json(.created, UserAnswer.schema, "The user. The password is never told."),
                problems: [.emailTaken, .tooManyRequests]
            ) { request in
                let new = try request.body(NewUserBody.self)
                let user = try await users.add(
                    name: new.name,
                    email: new.email,
                    role: new.role,
                    password: new.password,
                    for: try PasswordClient(request),
                    to: database
                )
                return try .json(UserAnswer(user))
            },
            APICall(
                .get,
                "/v1/users",
                "All users, in the order in which they were added.",
                access: .roles(.admin),
                parameters: [Parameter.limit.description, Parameter.cursor.description],
                answer: .json(.page(of: UserAnswer.schema), "A page of users.")
            ) { request in
                let limit = try request.require(.limit)
                let after = try request[.cursor].map { try $0.decoded(as: UUID.self) }
                let rows = try await users.list(after: after, limit: limit + 1, in: database)
                return try .json(CursorPage(rows.map(UserAnswer.init), limit: limit) { Cursor($0.userID.text) })
            },
            APICall(
                .get,
                "/v1/users/me",
                "The user who asks.",
                access: .anyUser,
                answer: .json(UserAnswer.schema, "The user as it is now, which may be newer than the token."),
                problems: [.notFound]
            ) { request in
                guard let user = try await users.user(try request.user.id, in: database) else {
                    throw Problem(.notFound, "the user of this token is not there")
                }
                return try .json(UserAnswer(user))
            },
        ]
    }
}

/// What a client sends to add a user.
private struct NewUserBody: Decodable {
    let name: String
    let email: String
    let password: String
    let role: Role

    static let schema = Schema.object(
        "NewUser",
        [
            .required("name", .line(length: 1...200)), .required("email", .string(.email, length: 3...254)),
            .required("password", .string(.password, length: 8...256)), .required("role", .oneOf(Role.self)),
        ]
    )
}

/// What is told of a user.
struct UserAnswer: Encodable {
    let userID: UUID
    let name: String
    let email: String
    let role: Role
    let disabledAt: Timestamp?

    init(_ user: User) {
        userID = user.userID
        disabledAt = user.disabledAt
        name = user.name
        email = user.email
        role = user.role
    }

    enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case name, email, role
        case disabledAt = "disabled_at"
    }

    static let schema = Schema.object(
        "User",
        [
            .required("user_id", .id), .required("name", .string(length: 1...200)),
            .required("email", .string(.email, length: 3...254)), .required("role", .oneOf(Role.self)),
            .optional("disabled_at", .time, "Since when the user is kept out."),
        ]
    )
}
