import Foundation
import ServiceKit
import Testing

@testable import Accounting

@Suite struct MailSettingTests {
    private func outlet(_ environment: [String: String]) throws -> MailOutlet? {
        try Settings.load(environment: environment, declared: Accounting.service.settings).mailOutlet()
    }

    @Test func mailsGoToAFolderOrToAServerOrNowhere() throws {
        #expect(try outlet([:]) == nil)
        #expect(try outlet(["MAIL_DIR": "", "SMTP_URL": ""]) == nil)
        guard case .folder(let folder)? = try outlet(["MAIL_DIR": "mails"]) else {
            Issue.record("not a folder")
            return
        }
        #expect(folder.path == "mails")
        guard case .server(let server)? = try outlet(["SMTP_URL": "smtps://a:hunter2@mail.example?from=a@b.example"])
        else {
            Issue.record("not a server")
            return
        }
        #expect("\(server)" == "smtps://mail.example:465")
        #expect(server.sender.text == "a@b.example")
    }

    @Test(arguments: [
        ("http://mail.example", "scheme: "), ("smtps://hunter2@mail.example", "password: "),
        ("smtp://a:hunter2@mail.example?starttls=never", "TLS only"),
        ("smtps://mail.example?from=a@%5B127.0.0.1%5D", "from: "),
        ("smtps://mail.example?from=a..b@c.example", "from: "),
    ]) func aServerThatCannotBeUsedIsAnErrorAtTheStart(_ url: String, _ reason: String) throws {
        let error = try #require(throws: SettingsError.self) { try outlet(["SMTP_URL": url]) }
        let text = error.description
        #expect(text.hasPrefix("SMTP_URL: expected smtps://"), "\(text)")
        #expect(text.contains("got a value that is not shown (in the environment)") && text.contains(reason), "\(text)")
        #expect(!text.contains("hunter2"))
    }

    @Test func bothAtOnceAndACAThatIsNotThereAreErrorsAtTheStart() throws {
        let both = try #require(throws: SettingsError.self) {
            try outlet(["SMTP_URL": "smtps://a:hunter2@mail.example", "MAIL_DIR": "mails"])
        }
        #expect(both.description == "SMTP_URL: expected only one of MAIL_DIR and SMTP_URL, got both")
        let missing = try #require(throws: SettingsError.self) {
            try outlet(["SMTP_URL": "smtps://mail.example?cacert=/nowhere/ca.pem"])
        }
        #expect(missing.description == "SMTP_URL: expected cacert to be a file that can be read, got `/nowhere/ca.pem`")
    }
}
