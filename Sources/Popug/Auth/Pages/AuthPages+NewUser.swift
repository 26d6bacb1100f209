import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres

extension AuthPages {
    func askForUser(_ request: Request) async throws -> Response {
        guard let session = try await session(of: request) else { return Self.redirectToLogin("/users/new") }
        guard session.user.role == .admin else { return try await forAdmins(session) }
        return try await page(NewUserPage(), session).response()
    }

    /// Adds somebody. Sent twice it adds one: the second finds the e-mail taken.
    func addUser(_ request: Request, from address: LoginAddress) async throws -> Response {
        let (session, fields) = try await sender(of: request)
        guard session.user.role == .admin else { return try await forAdmins(session) }
        let action = NewUserPage.path.description
        guard
            try await tokens.forms().accepts(fields[FormTokens.field], session: session.id.text, action: action)
        else { throw HTTPError(.forbidden, message: "This form was not made for this login.") }
        var form = NewUserPage()
        (form.name, form.email) = (fields["name"] ?? "", fields["email"] ?? "")
        (form.role, form.makesPassword) = (fields["role"] ?? "", fields["make"] == "on")
        guard let role = Role(rawValue: form.role) else {
            form.errors["role"] = "Choose a role"
            return try await page(form, session).response(.unprocessableContent)
        }
        let typed = fields["password"] ?? ""
        if !form.makesPassword, typed.isEmpty {
            form.errors["password"] = "Enter a password, or have one made"
            return try await page(form, session).response(.unprocessableContent)
        }
        let password = form.makesPassword ? String(Secret().text.prefix(20)) : typed
        do {
            let client = PasswordClient(
                address: address.description,
                account: session.user.userID.uuidString,
                isKnown: true
            )
            let user = try await provider.users.add(
                name: form.name,
                email: form.email,
                role: role,
                password: password,
                for: client,
                to: provider.database
            )
            try await provider.sso.leave(Self.words(user.name), for: session.id)
            return try await afterwards(form.makesPassword ? MadePassword(name: user.name, text: password) : nil)
        } catch let error as UserError {
            let isTaken = error.code == .emailTaken
            // Sent twice, before anything was seen of the first: it was done.
            if isTaken, try await provider.sso.message(of: session.id) == Self.words(NewUser.trimmed(form.name)) {
                return Self.redirect(
                    to: form.makesPassword ? MadePassword.path.description : Self.usersPath.description
                )
            }
            form.errors[error.field] = isTaken ? "There is a user with this e-mail" : Self.sentence(error.message)
            return try await page(form, session).response(isTaken ? .conflict : .unprocessableContent)
        } catch is PasswordHasher.Busy {
            form.errors["password"] = "Too many passwords are being checked: again in 2 seconds"
            return try await page(form, session).response(.tooManyRequests)
        }
    }

    private func afterwards(_ made: MadePassword?) async throws -> Response {
        guard let made else { return Self.redirect(to: Self.usersPath.description) }
        let end = provider.now() + MadePassword.lifetime
        let value = try await tokens.seal().seal(made.bytes, as: madeCookie, until: end)
        let line = Cookies.line(madeCookie, value, reach: .strict, life: MadePassword.lifetime)
        return Self.redirect(to: MadePassword.path.description, cookies: [line])
    }

    /// Shows a password that was made: to the browser that has it, once.
    func showMade(_ request: Request) async throws -> Response {
        guard let session = try await session(of: request) else { return Self.redirectToLogin("/users") }
        guard session.user.role == .admin else { return try await forAdmins(session) }
        let value = Cookies.value(of: madeCookie, in: request.headers) ?? ""
        let bytes = try await tokens.seal().open(value, as: madeCookie, now: provider.now())
        let made = bytes.flatMap { MadePassword(bytes: $0) }
        let page = Page(
            try await frame(of: session, "/users"),
            heading: made == nil ? "The password is not here any more" : "Tell the password",
            message: made == nil ? nil : try await message(of: session),
            body: "\(made?.html ?? MadePassword.gone)\(Paragraph("\(Link("To all people", to: Self.usersPath))"))"
        )
        var response = page.response()
        if made != nil, request.method != .head {
            response.headers.append(HTTPField(name: .setCookie, value: Cookies.removal(of: madeCookie)))
        }
        return response
    }

    private static func words(_ name: String) -> String {
        "\(name) was added. The other services hear of it within a moment."
    }

    private func page(_ form: NewUserPage, _ session: SSOSession) async throws -> Page {
        let token = try await tokens.forms().token(session: session.id.text, action: NewUserPage.path.description)
        return form.page(try await frame(of: session, "/users"), token: token)
    }

    private static func sentence(_ message: String) -> String { message.prefix(1).uppercased() + message.dropFirst() }
}
