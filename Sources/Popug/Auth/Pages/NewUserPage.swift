import PageKit
import PopugEvents

/// The form to add somebody.
struct NewUserPage {
    static let path: LinkTarget = "/users/new"

    var name = ""
    var email = ""
    var role: String = Role.employee.rawValue
    var makesPassword = false
    /// By the field.
    var errors: [String: String] = [:]

    var fields: [FormField] {
        [
            FormField("name", "Name", value: name, longest: 200, isRequired: true, error: errors["name"]),
            FormField(
                "email",
                "E-mail",
                .email,
                value: email,
                // Of somebody else: nothing to fill in, nor to remember.
                autocomplete: "off",
                longest: 254,
                isRequired: true,
                error: errors["email"]
            ),
            FormField(
                "role",
                "Role",
                .radios([
                    .init("employee", "Employee", hint: "gets tickets, and closes them"),
                    .init("manager", "Manager", hint: "reassigns all open tickets"),
                    .init("accountant", "Accountant", hint: "sees all accounts, and what popug earns"),
                    .init("admin", "Admin", hint: "all of that, people and analytics too"),
                ]),
                value: role,
                error: errors["role"]
            ),
            FormField(
                "password",
                "Password",
                .password,
                hint: "8 to 256 characters",
                autocomplete: "new-password",
                canBeShown: true,
                error: errors["password"]
            ),
            FormField(
                "make",
                "Make one",
                .check,
                value: makesPassword ? "on" : "",
                hint: "The next page shows it, once"
            ),
        ]
    }

    func page(_ frame: PageFrame, token: String) -> Page {
        let fields = fields
        let form = Form(Self.path, token: token, fields: fields, button: "Add this person", back: "/users")
        return Page(frame, heading: "Add somebody", errors: ErrorSummary(of: fields), body: form.html)
    }
}
