import Perch
import ServiceKit

extension Setting where Value == String {
    /// `OFFICE_EMAIL`: the admin whom `popug office` logs in as.
    static var officeEmail: Setting { .text("OFFICE_EMAIL", expects: "an admin's email") }

    /// `OFFICE_PASSWORD`: the admin's password; the employees that the office hires get the same.
    static var officePassword: Setting {
        .text("OFFICE_PASSWORD", expects: "the admin's password", isSecret: true)
    }
}
