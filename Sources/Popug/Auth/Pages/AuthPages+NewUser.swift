import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents

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
            let words = "\(user.name) was added. The other services hear of it within a moment."
            if form.makesPassword { return try await show(password, words, session) }
            try await provider.sso.leave(words, for: session.id)
            return Self.redirect(to: "/users")
        } catch let error as UserError {
            let isTaken = error.code == .emailTaken
            form.errors[error.field] = isTaken ? "There is a user with this e-mail" : Self.sentence(error.message)
            return try await page(form, session).response(isTaken ? .conflict : .unprocessableContent)
        } catch is PasswordHasher.Busy {
            form.errors["password"] = "Too many passwords are being checked: again in 2 seconds"
            return try await page(form, session).response(.tooManyRequests)
        }
    }

    /// It stands on this page alone: nothing keeps it.
    private func show(_ password: String, _ words: String, _ session: SSOSession) async throws -> Response {
        Page(
            try await frame(of: session, "/users"),
            heading: "Tell the password",
            message: Message("\(words)"),
            body: """
                \(Paragraph("It is shown once, here:"))\(Code("Password", password))\
                \(Paragraph("\(Link("To all people", to: "/users"))"))
                """
        ).response()
    }

    private func page(_ form: NewUserPage, _ session: SSOSession) async throws -> Page {
        let token = try await tokens.forms().token(session: session.id.text, action: NewUserPage.path.description)
        return form.page(try await frame(of: session, "/users"), token: token)
    }

    private static func sentence(_ message: String) -> String { message.prefix(1).uppercased() + message.dropFirst() }
}
