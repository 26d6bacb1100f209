import Testing

@testable import Auth

@Suite struct NewPasswordTests {
    private func message(_ password: String, email: String = "ann.smith@x.org") -> String? {
        do {
            _ = try NewPassword(password, email: email)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        "correct horse", "       xy9", "pässwörter", "12345678a9", "ann.smith", "ann.smith@x.com", "🐓🐓🐓🐓🐓🐓🐓🐔",
    ])
    func mostPasswordsAreTaken(_ password: String) {
        // The mailbox is the email without its domain.
        #expect((message(password) == nil) == (password != "ann.smith"))
    }

    @Test(arguments: [
        "        ", "\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}", "\t\t\t\t\n\n\n\n",
    ])
    func blanksAloneAreNone(_ password: String) {
        #expect(message(password) == "expected more than blanks")
    }

    @Test(arguments: ["ann.smith@x.org", "ANN.SMITH@X.ORG", " ann.smith@x.org ", "Ann.Smith"])
    func theEmailIsNone(_ password: String) {
        #expect(message(password) == "expected something else than the email")
    }

    @Test(arguments: [
        "password", "Password", " PASSWORD1 ", "12345678", "１２３４５６７８", "qwertyuiop", "iloveyou", "aaaaaaaaa",
        "00000000",
    ])
    func whatIsTriedFirstIsNone(_ password: String) {
        #expect(message(password) == "expected a password that is not among those that are tried first")
    }

    @Test func theListHasNothingThatIsTooShortAnyway() {
        for password in CommonPasswords.all {
            #expect(password.count >= 8 && password == password.lowercased(), "\(password)")
        }
    }
}
